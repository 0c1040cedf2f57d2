/* SPDX-License-Identifier: MIT */
/* Made from src/sql/outbox.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

struct outbox_insert {
	struct mail_id id;
	struct str template;
	struct str locale;
	struct str recipient;
	struct proof_id proof_id;
	struct str words;
	struct str state;
	int64_t life_us;
};

/*
 * A mail that is to be sent, or that only seems so (void).
 */
enum err outbox_insert(struct db *db, const struct outbox_insert *in, int64_t *affected);
