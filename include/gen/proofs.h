/* SPDX-License-Identifier: MIT */
/* Made from src/sql/proofs.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct asked_proof_row {
	struct proof_id id;
	struct instant created_at;
	bool mailed;
};

struct proof_row {
	struct proof_id id;
	enum proof_kind kind;
	struct user_id user_id;
	struct email_change_id email_change_id;
	struct address_id address;
};

struct proof_insert {
	struct user_id user_id;
	enum proof_kind kind;
	struct proof_id id;
	struct email_change_id email_change_id;
	int64_t code_us;
	int64_t link_us;
};

/*
 * A new proof; those of the same kind that the user had before are void. Not links to undo a new
 * address: each leads back to another one.
 */
enum err proof_insert(struct db *db, const struct proof_insert *in, int64_t *affected);

struct proof_insert_asked {
	int64_t mails;
	int32_t hour_mails;
	int64_t hour_most;
	int32_t day_mails;
	int64_t day_most;
	int64_t link_us;
	struct address_id address;
	bool keep;
	struct address_id mailbox;
	struct proof_id id;
	enum proof_kind kind;
	struct user_id user_id;
	struct email_change_id email_change_id;
	int64_t code_us;
};

/*
 * A new proof of an address; those before it are void, unless they are to be kept. Beyond so many of its
 * kind in an hour, or so many mails to that mailbox, it is one of nobody, which counts for nothing and
 * leaves the others as they are: asking for more must not take away what the owner has been sent. What
 * the owner has used counts for nothing either. And where none is left that is good, one more is sent for
 * as long as it is good: nobody can use up what the owner needs. hour_mails, day_mails: of
 * mail_budget_lock, in the same transaction.
 */
enum err proof_insert_asked(struct db *db, const struct proof_insert_asked *in, struct asked_proof_row *row);

struct proof_count_try {
	struct proof_id id;
	enum proof_kind kind;
	int32_t tries;
};

/*
 * Counts a try of a code that may still be tried.
 */
enum err proof_count_try(struct db *db, const struct proof_count_try *in, struct proof_row *row);

struct proof_spare_try {
	struct proof_id id;
};

/*
 * Gives back the try of a code that was right.
 */
enum err proof_spare_try(struct db *db, const struct proof_spare_try *in, int64_t *affected);

struct proof_by_link {
	struct proof_id id;
	enum proof_kind kind;
};

/*
 * The proof of a link that is still good, however often its code was tried.
 */
enum err proof_by_link(struct db *db, const struct proof_by_link *in, struct proof_row *row);

struct proof_by_id {
	struct proof_id id;
};

/*
 * What kind of proof it is, good or not.
 */
enum err proof_by_id(struct db *db, const struct proof_by_id *in, struct proof_row *row);

struct proof_mark_used {
	struct proof_id id;
};

/*
 * Uses a proof up, if nobody was faster. Its user is locked first: whoever changes a user does it in
 * that order, so that two of them wait for one another and do not end in a deadlock.
 */
enum err proof_mark_used(struct db *db, const struct proof_mark_used *in, int64_t *affected);

struct proof_mark_void {
	struct user_id user_id;
};

/*
 * Voids what a user has not used, and forgets what was to be the address, which nothing can confirm
 * any more; all but the way back to an old address, which is there for the case that somebody else has
 * set the password.
 */
enum err proof_mark_void(struct db *db, const struct proof_mark_void *in, int64_t *affected);

/*
 * Forgets proofs that ended a day ago.
 */
enum err proof_sweep(struct db *db, int64_t *affected);
