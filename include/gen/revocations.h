/* SPDX-License-Identifier: MIT */
/* Made from src/sql/revocations.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct horizon_row {
	int64_t xact;
};

struct revocation_row {
	int64_t xact;
	struct revoked_id subject;
	int32_t version;
	struct instant expires_at;
};

struct revocation_rows {
	struct revocation_row *v;
	size_t n;
};

struct bumped_user_row {
	struct user_id id;
	int32_t token_version;
};

struct revocation_insert {
	struct revoked_id subject;
	int32_t version;
	int64_t access_us;
};

/*
 * Refuses access tokens: of a session (version 0), or of a user below a version.
 */
enum err revocation_insert(struct db *db, const struct revocation_insert *in, int64_t *affected);

/*
 * What is written from now on has at least this number.
 */
enum err revocation_horizon(struct db *db, struct horizon_row *row);

struct revocation_page {
	int64_t xact;
	struct revoked_id subject;
};

/*
 * What was revoked since then and still matters, in an order in which it can be read on.
 */
enum err revocation_page(struct db *db, const struct revocation_page *in, struct revocation_rows *rows);

/*
 * Forgets what no token is about any more.
 */
enum err revocation_sweep(struct db *db, int64_t *affected);

struct user_bump {
	struct user_id id;
};

/*
 * Raises the version that a user's access tokens must have.
 */
enum err user_bump(struct db *db, const struct user_bump *in, struct bumped_user_row *row);
