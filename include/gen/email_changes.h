/* SPDX-License-Identifier: MIT */
/* Made from src/sql/email_changes.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

struct email_change_sweep {
	int64_t undo_us;
};

/*
 * Forgets changes of address that were not confirmed in time, and those that cannot be undone any
 * more; both a day later.
 */
enum err email_change_sweep(struct db *db, const struct email_change_sweep *in, int64_t *affected);
