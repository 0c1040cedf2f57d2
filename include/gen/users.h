/* SPDX-License-Identifier: MIT */
/* Made from src/sql/users.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct user_row {
	struct user_id id;
	struct str email;
	struct str name;
	enum user_role role;
	struct instant created_at;
	bool verified;
	bool disabled;
};

struct me_row {
	struct user_id id;
	struct str email;
	struct str name;
	enum user_role role;
	bool verified;
	struct str pending_email;
	struct instant pending_email_old_confirmed_at;
	struct instant pending_email_new_confirmed_at;
	struct instant pending_email_expires_at;
};

struct signing_in_row {
	struct user_id id;
	struct str email;
	struct str confirmed_email;
	enum user_role role;
	struct secret password;
	int32_t token_version;
	bool verified;
	bool disabled;
	struct str cost;
};

struct credential_row {
	struct user_id id;
	struct str email;
	struct str confirmed_email;
	struct str name;
	enum user_role role;
	struct secret password;
	int32_t token_version;
	struct str locale;
	bool verified;
	bool disabled;
};

struct mailbox_row {
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	struct str locale;
	bool verified;
};

struct claimed_user_row {
	struct user_id id;
	struct str email;
};

struct user_rows {
	struct user_row *v;
	size_t n;
};

struct user_before_row {
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	struct str locale;
	bool verified;
	bool taken;
};

struct moved_user_row {
	struct user_id id;
	struct str name;
	struct str locale;
};

struct moved_back_user_row {
	struct user_id id;
	struct str name;
	struct str locale;
	struct str replaced;
	bool proved;
};

struct deleted_user_row {
	struct user_id id;
};

struct locked_user_row {
	struct user_id id;
	struct str email;
	struct str name;
	enum user_role role;
	struct str locale;
	struct instant created_at;
	bool verified;
	bool disabled;
};

struct admins_lock_row {
	struct str held;
};

struct other_admin_row {
	struct user_id id;
};

struct bumped_user_row {
	struct user_id id;
	int32_t token_version;
};

struct user_insert {
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	enum user_role role;
	struct secret password;
	struct str locale;
	bool verified;
};

/*
 * Creates a user; no row when the address is taken, or held for somebody who can go back to it.
 */
enum err user_insert(struct db *db, const struct user_insert *in, struct user_row *row);

struct user_by_id {
	struct user_id id;
};

/*
 * One user.
 */
enum err user_by_id(struct db *db, const struct user_by_id *in, struct user_row *row);

struct user_me {
	struct user_id id;
};

/*
 * What a user is told about itself.
 */
enum err user_me(struct db *db, const struct user_me *in, struct me_row *row);

struct user_signing_in {
	struct str email_key;
};

/*
 * What signing in needs: the account of an address, nulls where it has none; and what the password costs
 * of the account that comes next to the address in the order of email_place, as its hash says it, empty
 * where there is none. Both are looked up for every address: which is known must not tell.
 */
enum err user_signing_in(struct db *db, const struct user_signing_in *in, struct signing_in_row *row);

struct user_credential {
	struct user_id id;
};

/*
 * What signing in needs, of somebody who has.
 */
enum err user_credential(struct db *db, const struct user_credential *in, struct credential_row *row);

struct user_mailbox {
	struct user_id id;
};

/*
 * Where a user is written to, and how.
 */
enum err user_mailbox(struct db *db, const struct user_mailbox *in, struct mailbox_row *row);

struct user_mailbox_by_key {
	struct str email_key;
};

/*
 * The same by the address; asked for those that nobody has, too.
 */
enum err user_mailbox_by_key(struct db *db, const struct user_mailbox_by_key *in, struct mailbox_row *row);

struct user_verify {
	struct user_id id;
	struct secret password;
};

/*
 * The owner of the address was seen to read its mail, and knows the password that was there.
 */
enum err user_verify(struct db *db, const struct user_verify *in, int64_t *affected);

struct user_claim {
	struct secret password;
	struct str name;
	struct str locale;
	struct str email_key;
};

/*
 * The owner of an address makes hers the account that somebody has made with it: nothing of what that one
 * has said of himself stays.
 */
enum err user_claim(struct db *db, const struct user_claim *in, struct claimed_user_row *row);

struct user_reset_password {
	struct secret password;
	struct str name;
	struct str unproved_name;
	struct str locale;
	struct user_id id;
};

/*
 * A new password for who reads the mail of the address. Whoever is just signing in with the old one
 * finds another token_version, see session_insert. Where nobody had confirmed the address, name and
 * language may be a stranger's: it gets `unproved_name`, unless another one is told, and `locale`.
 */
enum err user_reset_password(struct db *db, const struct user_reset_password *in, int64_t *affected);

struct user_change_password {
	struct secret new;
	struct user_id id;
	struct secret old;
};

/*
 * A new password for who knows the old one; unless it was changed meanwhile.
 */
enum err user_change_password(struct db *db, const struct user_change_password *in, int64_t *affected);

struct user_rehash {
	struct secret new;
	struct user_id id;
	struct secret old;
};

/*
 * The same password, hashed as it is done now; unless it was changed meanwhile.
 */
enum err user_rehash(struct db *db, const struct user_rehash *in, int64_t *affected);

struct user_page {
	int32_t limit;
	int32_t offset;
};

/*
 * The newest users; ids are made in the order of time.
 */
enum err user_page(struct db *db, const struct user_page *in, struct user_rows *rows);

struct user_page_after {
	struct user_id after;
	int32_t limit;
};

/*
 * The users that are older than the last one of the page before.
 */
enum err user_page_after(struct db *db, const struct user_page_after *in, struct user_rows *rows);

struct user_by_address {
	struct str email_key;
};

/*
 * Who has that address; nobody, or one.
 */
enum err user_by_address(struct db *db, const struct user_by_address *in, struct user_rows *rows);

struct user_before {
	struct str new_email_key;
	struct user_id id;
};

/*
 * What is about to be replaced, and whether the new address is somebody else's. Whoever wants to change
 * the same waits: what is noted of a change has to be what it was.
 */
enum err user_before(struct db *db, const struct user_before *in, struct user_before_row *row);

struct user_edit {
	struct user_id id;
	struct str email_key;
	struct str email;
	struct str name;
	struct audit_id audit_id;
	struct str action;
	struct user_id actor;
	struct str address;
	struct str request_id;
};

/*
 * Replaces name and spelling of the email of who keeps the address, and notes what has changed: nearly
 * every change, in one round trip. No row, and nothing done: the address would become another one, the
 * user has gone, or somebody else is changing the same at the same moment.
 */
enum err user_edit(struct db *db, const struct user_edit *in, struct user_row *row);

struct user_update {
	struct str email;
	struct str email_key;
	struct str name;
	struct user_id id;
};

/*
 * Replaces email and name of who is locked by user_before. Nobody was seen to read the mail of a new
 * address.
 */
enum err user_update(struct db *db, const struct user_update *in, struct user_row *row);

struct user_move {
	struct str email;
	struct str email_key;
	struct user_id id;
	struct str old_email_key;
};

/*
 * Gives a user the address that both addresses have agreed to.
 */
enum err user_move(struct db *db, const struct user_move *in, struct moved_user_row *row);

struct user_move_back {
	struct str email;
	struct str email_key;
	bool verified;
	struct user_id id;
};

/*
 * Gives a user an old address again, confirmed if it had been, and tells which one that replaces.
 */
enum err user_move_back(struct db *db, const struct user_move_back *in, struct moved_back_user_row *row);

struct user_delete {
	struct user_id id;
	struct str request_id;
};

/*
 * Removes a user for good, and notes by which request; also sweeps a few old notes.
 */
enum err user_delete(struct db *db, const struct user_delete *in, int64_t *affected);

struct user_deleted_by {
	struct user_id id;
	struct str request_id;
};

/*
 * Whether this very request has deleted that user before.
 */
enum err user_deleted_by(struct db *db, const struct user_deleted_by *in, struct deleted_user_row *row);

struct user_lock {
	struct user_id id;
};

/*
 * A user who is about to be changed; whoever wants the same waits.
 */
enum err user_lock(struct db *db, const struct user_lock *in, struct locked_user_row *row);

struct user_set_state {
	enum user_role role;
	bool disabled;
	struct user_id id;
};

/*
 * What an admin decides about a user.
 */
enum err user_set_state(struct db *db, const struct user_set_state *in, int64_t *affected);

/*
 * Whoever takes an administrator away waits here until the one before has committed; a statement of
 * its own, for a statement sees what was there when it began. The number is nobody else's.
 */
enum err user_admins_lock(struct db *db, struct admins_lock_row *row);

struct user_other_admin {
	bool confirmed;
	struct user_id id;
};

/*
 * Somebody else who administers, and can sign in.
 */
enum err user_other_admin(struct db *db, const struct user_other_admin *in, struct other_admin_row *row);

struct user_bump {
	struct user_id id;
};

/*
 * Raises the version that a user's access tokens must have.
 */
enum err user_bump(struct db *db, const struct user_bump *in, struct bumped_user_row *row);
