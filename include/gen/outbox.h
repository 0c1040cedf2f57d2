/* SPDX-License-Identifier: MIT */
/* Made from src/sql/outbox.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct letter_row {
	struct mail_id id;
	enum mail_kind template;
	struct str locale;
	struct str recipient;
	struct proof_id proof_id;
	struct str words;
	int32_t attempts;
	enum proof_kind kind;
	bool good;
	int64_t code_us;
	int64_t link_us;
};

struct mail_row {
	struct mail_id id;
	enum mail_state state;
	struct str template;
	struct str recipient;
	int32_t attempts;
	struct instant created_at;
	struct instant at;
	struct str reply;
};

struct mail_rows {
	struct mail_row *v;
	size_t n;
};

struct outbox_insert {
	struct mail_id id;
	enum mail_kind template;
	struct str locale;
	struct str recipient;
	struct proof_id proof_id;
	struct str words;
	enum mail_state state;
	int64_t life_us;
};

/*
 * A mail that is to be sent, or that only seems so (void).
 */
enum err outbox_insert(struct db *db, const struct outbox_insert *in, int64_t *affected);

struct outbox_insert_notice {
	struct address_id mailbox;
	int64_t hour_most;
	int64_t day_most;
	struct mail_id id;
	enum mail_kind summary;
	enum mail_kind template;
	struct str locale;
	struct str recipient;
	struct str words;
	int64_t life_us;
};

/*
 * A mail about what has happened, if that mailbox may be sent one more. The last one of an hour or a day
 * says so instead of what it is about; what comes behind it is not written.
 */
enum err outbox_insert_notice(struct db *db, const struct outbox_insert_notice *in, int64_t *affected);

struct outbox_claim {
	int64_t lease_us;
};

/*
 * The mail that has been due the longest, for one courier alone until the lease runs out. Of its
 * proof: whether it can still be used, and for how long.
 */
enum err outbox_claim(struct db *db, const struct outbox_claim *in, struct letter_row *row);

struct outbox_finish {
	enum mail_state state;
	struct str reply;
	struct mail_id id;
};

/*
 * Notes that a mail was sent, or never will be (dead), and why.
 */
enum err outbox_finish(struct db *db, const struct outbox_finish *in, int64_t *affected);

struct outbox_later {
	struct str reply;
	int32_t attempts;
	int64_t wait_us;
	struct mail_id id;
};

/*
 * Puts a mail back that could not be sent this time.
 */
enum err outbox_later(struct db *db, const struct outbox_later *in, int64_t *affected);

/*
 * Gives up on what is of no use any more.
 */
enum err outbox_expire(struct db *db, int64_t *affected);

struct outbox_page {
	enum mail_state state;
	int32_t limit;
};

/*
 * The newest mails, of one state or of all (null). A template's name is text here: a newer version may have
 * queued one that is not known, and is to be seen all the same.
 */
enum err outbox_page(struct db *db, const struct outbox_page *in, struct mail_rows *rows);

struct outbox_retry {
	int64_t life_us;
	struct mail_id id;
};

/*
 * Sends a mail now that is dead, or that waits for its next try and no courier has in hand.
 */
enum err outbox_retry(struct db *db, const struct outbox_retry *in, int64_t *affected);

struct outbox_retry_dead {
	int64_t life_us;
};

/*
 * The same for dead mails.
 */
enum err outbox_retry_dead(struct db *db, const struct outbox_retry_dead *in, int64_t *affected);

/*
 * Forgets mails that were finished a week ago.
 */
enum err outbox_sweep(struct db *db, int64_t *affected);

/*
 * Forgets mails that were never meant to be sent.
 */
enum err outbox_sweep_void(struct db *db, int64_t *affected);
