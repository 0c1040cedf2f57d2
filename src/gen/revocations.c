/* SPDX-License-Identifier: MIT */
/* Made from src/sql/revocations.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/revocations.h"

#include "gen/statements.h"

static const struct db_column revocation_insert_params[] = {
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct revocation_insert, subject) },
	{ .name = "version", .kind = KIND_I32, .offset = offsetof(struct revocation_insert, version) },
	{ .name = "access_us", .kind = KIND_I64, .offset = offsetof(struct revocation_insert, access_us) },
};

const struct db_statement revocation_insert_statement = {
	.name = "revocation_insert",
	.sql =
		"insert into revocations (subject, version, expires_at)\n"
		"values ($1::uuid, $2, now() + $3::bigint * interval '1 microsecond')",
	.params = revocation_insert_params,
	.param_count = 3,
	.write = true,
};

enum err revocation_insert(struct db *db, const struct revocation_insert *in, int64_t *affected)
{
	return db_exec(db, &revocation_insert_statement, in, affected);
}

static const struct db_column revocation_horizon_columns[] = {
	{ .name = "xact", .kind = KIND_I64, .offset = offsetof(struct horizon_row, xact) },
};

const struct db_statement revocation_horizon_statement = {
	.name = "revocation_horizon",
	.sql =
		"select coalesce(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0) as xact",
	.columns = revocation_horizon_columns,
	.column_count = 1,
	.row_size = sizeof(struct horizon_row),
	.write = false,
};

enum err revocation_horizon(struct db *db, struct horizon_row *row)
{
	return db_one(db, &revocation_horizon_statement, NULL, row);
}

static const struct db_column revocation_page_params[] = {
	{ .name = "xact", .kind = KIND_I64, .offset = offsetof(struct revocation_page, xact) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct revocation_page, subject) },
};

static const struct db_column revocation_page_columns[] = {
	{ .name = "xact", .kind = KIND_I64, .offset = offsetof(struct revocation_row, xact) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct revocation_row, subject) },
	{ .name = "version", .kind = KIND_I32, .offset = offsetof(struct revocation_row, version) },
	{ .name = "expires_at", .kind = KIND_INSTANT, .offset = offsetof(struct revocation_row, expires_at) },
};

const struct db_statement revocation_page_statement = {
	.name = "revocation_page",
	.sql =
		"select xact, subject, version, expires_at\n"
		"from revocations\n"
		"where (xact, subject) > ($1::bigint, $2::uuid)\n"
		"  and expires_at > now()\n"
		"order by xact, subject\n"
		"limit 1000",
	.params = revocation_page_params,
	.param_count = 2,
	.columns = revocation_page_columns,
	.column_count = 4,
	.row_size = sizeof(struct revocation_row),
	.write = false,
};

enum err revocation_page(struct db *db, const struct revocation_page *in, struct revocation_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &revocation_page_statement, in, &all));
	*rows = (struct revocation_rows){ all.v, all.n };
	return OK;
}

const struct db_statement revocation_sweep_statement = {
	.name = "revocation_sweep",
	.sql =
		"delete from revocations\n"
		"where ctid in (\n"
		"  select ctid\n"
		"  from revocations\n"
		"  where expires_at < now() - interval '1 minute'\n"
		"  order by expires_at\n"
		"  limit 1000\n"
		")",
	.write = true,
};

enum err revocation_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &revocation_sweep_statement, NULL, affected);
}

static const struct db_column user_bump_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_bump, id) },
};

static const struct db_column user_bump_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct bumped_user_row, id) },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct bumped_user_row, token_version) },
};

const struct db_statement user_bump_statement = {
	.name = "user_bump",
	.sql =
		"update users\n"
		"set token_version = token_version + 1\n"
		"where id = $1::uuid\n"
		"returning id, token_version",
	.params = user_bump_params,
	.param_count = 1,
	.columns = user_bump_columns,
	.column_count = 2,
	.row_size = sizeof(struct bumped_user_row),
	.write = true,
};

enum err user_bump(struct db *db, const struct user_bump *in, struct bumped_user_row *row)
{
	return db_one(db, &user_bump_statement, in, row);
}
