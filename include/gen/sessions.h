/* SPDX-License-Identifier: MIT */
/* Made from src/sql/sessions.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct begun_session_row {
	struct session_id id;
	int64_t others;
};

struct ended_session_row {
	struct session_id id;
	struct user_id user_id;
};

struct ended_session_rows {
	struct ended_session_row *v;
	size_t n;
};

struct refreshed_row {
	struct session_id id;
	struct user_id user_id;
	int32_t counter;
	struct instant ends_at;
	struct str confirmed_email;
	enum user_role role;
	int32_t token_version;
};

struct stolen_session_row {
	struct session_id id;
	struct user_id user_id;
	struct str email;
	struct str name;
	struct str locale;
	bool verified;
	struct str address;
	struct str user_agent;
};

struct fresh_session_row {
	struct session_id id;
	bool fresh;
};

struct proved_session_row {
	struct instant fresh_until;
};

struct session_row {
	struct session_id id;
	struct instant created_at;
	struct instant last_used_at;
	struct instant ends_at;
	struct str address;
	struct str user_agent;
};

struct session_rows {
	struct session_row *v;
	size_t n;
};

struct session_begin {
	struct session_id id;
	int64_t absolute_us;
	int64_t idle_us;
	bool cookie;
	struct str address;
	struct str user_agent;
	struct user_id user_id;
	int32_t version;
	struct audit_id audit_id;
	struct str request_id;
	struct str pair;
	struct instant network_until;
	struct str network;
	struct str account;
};

/*
 * Begins a session for who was seen to be the user, notes that, and forgets what was guessed wrong
 * before: all of a sign-in that is written, in one round trip. Nothing at all when the user has changed
 * since the password was checked: the lock has this wait for a new password that is being set, or that for
 * this, and then it ends this session, too. Each part reads from the one before it, which makes their order,
 * and with it that of the locks: attempts are locked in the order of attempt_count. `pair` and the other two
 * are empty where nothing was guessed. others: how many more the user has.
 */
enum err session_begin(struct db *db, const struct session_begin *in, struct begun_session_row *row);

struct session_delete_oldest {
	struct user_id user_id;
	int64_t most;
};

/*
 * Ends the sessions of a user beyond so many, those that were not used for the longest time first.
 */
enum err session_delete_oldest(struct db *db, const struct session_delete_oldest *in, struct ended_session_rows *rows);

struct session_rotate {
	int32_t counter;
	int64_t idle_us;
	struct str address;
	struct session_id id;
	bool cookie;
};

/*
 * Exchanges the refresh token with this count; no row when there is a newer one. A count beyond the
 * session's is newer than a backup that the database has gone back to: nobody else makes such tokens.
 */
enum err session_rotate(struct db *db, const struct session_rotate *in, struct refreshed_row *row);

struct session_refreshed {
	struct session_id id;
	int32_t counter;
	int64_t grace_us;
	bool cookie;
	int64_t idle_us;
};

/*
 * The session whose refresh token with this count was exchanged a moment ago, by another tab.
 */
enum err session_refreshed(struct db *db, const struct session_refreshed *in, struct refreshed_row *row);

struct session_reused {
	struct session_id id;
	int32_t counter;
};

/*
 * Ends the session whose refresh token with this count was exchanged before.
 */
enum err session_reused(struct db *db, const struct session_reused *in, struct stolen_session_row *row);

struct session_fresh {
	int64_t fresh_us;
	struct session_id id;
	struct user_id user_id;
};

/*
 * Whether the owner gave the password in this session not longer ago.
 */
enum err session_fresh(struct db *db, const struct session_fresh *in, struct fresh_session_row *row);

struct session_prove {
	struct session_id id;
	struct user_id user_id;
	int64_t fresh_us;
};

/*
 * The owner has given the password in it.
 */
enum err session_prove(struct db *db, const struct session_prove *in, struct proved_session_row *row);

struct session_page {
	struct user_id user_id;
	int64_t idle_us;
};

/*
 * What is under way of a user, the newest first.
 */
enum err session_page(struct db *db, const struct session_page *in, struct session_rows *rows);

struct session_delete {
	struct session_id id;
	struct user_id user_id;
};

/*
 * Ends one session of a user.
 */
enum err session_delete(struct db *db, const struct session_delete *in, struct ended_session_row *row);

struct session_logout {
	struct session_id id;
};

/*
 * Ends the session that a refresh token names, whatever its count.
 */
enum err session_logout(struct db *db, const struct session_logout *in, struct ended_session_row *row);

struct session_delete_others {
	struct user_id user_id;
	struct session_id keep;
};

/*
 * Ends sessions of a user, all but one, or all of them where that is no session.
 */
enum err session_delete_others(struct db *db, const struct session_delete_others *in, struct ended_session_rows *rows);

/*
 * Forgets sessions that have run out.
 */
enum err session_sweep(struct db *db, int64_t *affected);
