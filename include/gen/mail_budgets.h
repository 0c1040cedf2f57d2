/* SPDX-License-Identifier: MIT */
/* Made from src/sql/mail_budgets.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct mail_budget_row {
	int32_t hour_mails;
	int32_t day_mails;
};

struct mail_budget_lock {
	struct address_id mailbox;
};

/*
 * Whoever asks for a proof for this mailbox waits until the end of the transaction, so that all that is
 * counted has been committed.
 */
enum err mail_budget_lock(struct db *db, const struct mail_budget_lock *in, struct mail_budget_row *row);

/*
 * Forgets what means nothing any more.
 */
enum err mail_budget_sweep(struct db *db, int64_t *affected);
