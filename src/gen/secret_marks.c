/* SPDX-License-Identifier: MIT */
/* Made from src/sql/secret_marks.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/secret_marks.h"

#include "gen/statements.h"

static const struct db_column secret_mark_columns[] = {
	{ .name = "mark", .kind = KIND_STR, .offset = offsetof(struct secret_mark_row, mark) },
	{ .name = "own", .kind = KIND_BOOL, .offset = offsetof(struct secret_mark_row, own) },
};

const struct db_statement secret_mark_statement = {
	.name = "secret_mark",
	.sql =
		"select mark, own\n"
		"from secret_marks\n"
		"where name = 'secret_key'",
	.columns = secret_mark_columns,
	.column_count = 2,
	.row_size = sizeof(struct secret_mark_row),
	.write = false,
};

enum err secret_mark(struct db *db, struct secret_mark_row *row)
{
	return db_one(db, &secret_mark_statement, NULL, row);
}

static const struct db_column secret_mark_insert_params[] = {
	{ .name = "mark", .kind = KIND_STR, .offset = offsetof(struct secret_mark_insert, mark) },
	{ .name = "own", .kind = KIND_BOOL, .offset = offsetof(struct secret_mark_insert, own) },
};

const struct db_statement secret_mark_insert_statement = {
	.name = "secret_mark_insert",
	.sql =
		"insert into secret_marks (name, mark, own)\n"
		"values ('secret_key', $1, $2::boolean)\n"
		"on conflict (name) do nothing",
	.params = secret_mark_insert_params,
	.param_count = 2,
	.write = true,
};

enum err secret_mark_insert(struct db *db, const struct secret_mark_insert *in, int64_t *affected)
{
	return db_exec(db, &secret_mark_insert_statement, in, affected);
}

static const struct db_column secret_mark_update_params[] = {
	{ .name = "mark", .kind = KIND_STR, .offset = offsetof(struct secret_mark_update, mark) },
	{ .name = "own", .kind = KIND_BOOL, .offset = offsetof(struct secret_mark_update, own) },
};

const struct db_statement secret_mark_update_statement = {
	.name = "secret_mark_update",
	.sql =
		"update secret_marks\n"
		"set mark = $1, own = $2::boolean, created_at = now()\n"
		"where name = 'secret_key'",
	.params = secret_mark_update_params,
	.param_count = 2,
	.write = true,
};

enum err secret_mark_update(struct db *db, const struct secret_mark_update *in, int64_t *affected)
{
	return db_exec(db, &secret_mark_update_statement, in, affected);
}

static const struct db_column secret_unused_columns[] = {
	{ .name = "unused", .kind = KIND_BOOL, .offset = offsetof(struct unused_row, unused) },
};

const struct db_statement secret_unused_statement = {
	.name = "secret_unused",
	.sql =
		"select coalesce(\n"
		"  not exists (select from sessions)\n"
		"    and not exists (select from signing_keys)\n"
		"    and not exists (select from proofs)\n"
		"    and not exists (select from registrations),\n"
		"  false\n"
		") as unused",
	.columns = secret_unused_columns,
	.column_count = 1,
	.row_size = sizeof(struct unused_row),
	.write = false,
};

enum err secret_unused(struct db *db, struct unused_row *row)
{
	return db_one(db, &secret_unused_statement, NULL, row);
}
