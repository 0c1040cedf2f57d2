/* SPDX-License-Identifier: MIT */
/* Made from src/sql/email_changes.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct email_asker_row {
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	struct str locale;
	struct secret password;
	bool verified;
	bool taken;
};

struct asked_change_row {
	struct email_change_id id;
	struct instant expires_at;
};

struct email_change_row {
	struct email_change_id id;
	struct user_id user_id;
	struct str old_email;
	struct str old_email_key;
	struct str new_email;
	struct str new_email_key;
	bool old_confirmed;
	bool new_confirmed;
	bool taken;
};

struct cancelled_change_row {
	struct email_change_id id;
	struct str new_email;
};

struct undoable_change_row {
	struct email_change_id id;
	struct user_id user_id;
	struct str old_email;
	struct str old_email_key;
	bool old_verified;
};

struct email_change_asker {
	struct str new_email_key;
	struct user_id id;
};

/*
 * Who wants another address, and whether that one is somebody else's.
 */
enum err email_change_asker(struct db *db, const struct email_change_asker *in, struct email_asker_row *row);

struct email_change_ask {
	struct email_change_id id;
	struct str new_email;
	struct str new_email_key;
	int64_t life_us;
	struct user_id user_id;
	struct str old_email_key;
};

/*
 * What is to be a user's address, in place of what was to be before; no row when the address it is to
 * replace has become another one. Locks the user first, as proof_mark_used does.
 */
enum err email_change_ask(struct db *db, const struct email_change_ask *in, struct asked_change_row *row);

struct email_change_confirm {
	bool by_old;
	struct email_change_id id;
};

/*
 * One of the two addresses has confirmed.
 */
enum err email_change_confirm(struct db *db, const struct email_change_confirm *in, struct email_change_row *row);

struct email_change_mark_done {
	int64_t undo_us;
	struct email_change_id id;
};

/*
 * Both have confirmed; kept as long as it can be undone.
 */
enum err email_change_mark_done(struct db *db, const struct email_change_mark_done *in, int64_t *affected);

struct email_change_cancel {
	struct user_id user_id;
};

/*
 * Forgets what was to be a user's address, and voids the proofs of that. Locks the user first, as
 * proof_mark_used does.
 */
enum err email_change_cancel(struct db *db, const struct email_change_cancel *in, struct cancelled_change_row *row);

struct email_change_forget {
	struct user_id user_id;
};

/*
 * Forgets all changes of a user; none of them can be undone any more.
 */
enum err email_change_forget(struct db *db, const struct email_change_forget *in, int64_t *affected);

struct email_change_undoable {
	struct email_change_id id;
};

/*
 * A change that can be undone.
 */
enum err email_change_undoable(struct db *db, const struct email_change_undoable *in, struct undoable_change_row *row);

struct email_change_undo {
	struct email_change_id id;
};

/*
 * Forgets a change and those that came after it; those before it can still be undone. Not in the
 * order of ids, which are made on several hosts.
 */
enum err email_change_undo(struct db *db, const struct email_change_undo *in, int64_t *affected);

struct email_change_sweep {
	int64_t undo_us;
};

/*
 * Forgets changes of address that were not confirmed in time, and those that cannot be undone any
 * more; both a day later.
 */
enum err email_change_sweep(struct db *db, const struct email_change_sweep *in, int64_t *affected);
