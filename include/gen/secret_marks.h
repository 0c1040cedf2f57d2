/* SPDX-License-Identifier: MIT */
/* Made from src/sql/secret_marks.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct secret_mark_row {
	struct str mark;
	bool own;
};

struct unused_row {
	bool unused;
};

/*
 * The key that was in use the last time.
 */
enum err secret_mark(struct db *db, struct secret_mark_row *row);

struct secret_mark_insert {
	struct str mark;
	bool own;
};

/*
 * The first key; of several at once one is the first.
 */
enum err secret_mark_insert(struct db *db, const struct secret_mark_insert *in, int64_t *affected);

struct secret_mark_update {
	struct str mark;
	bool own;
};

/*
 * Another one from now on.
 */
enum err secret_mark_update(struct db *db, const struct secret_mark_update *in, int64_t *affected);

/*
 * Whether nothing in this database hangs on a key yet. Accounts alone do not, for the first administrator is
 * made before the first start; whoever has signed in has a session.
 */
enum err secret_unused(struct db *db, struct unused_row *row);
