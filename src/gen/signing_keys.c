/* SPDX-License-Identifier: MIT */
/* Made from src/sql/signing_keys.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/signing_keys.h"

#include "gen/statements.h"

static const struct db_column signing_key_page_params[] = {
	{ .name = "settle_us", .kind = KIND_I64, .offset = offsetof(struct signing_key_page, settle_us) },
	{ .name = "keep_us", .kind = KIND_I64, .offset = offsetof(struct signing_key_page, keep_us) },
};

static const struct db_column signing_key_page_columns[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct published_key_row, kid) },
	{ .name = "algorithm", .kind = KIND_STR, .offset = offsetof(struct published_key_row, algorithm) },
	{ .name = "active", .kind = KIND_BOOL, .offset = offsetof(struct published_key_row, active) },
	{ .name = "next", .kind = KIND_BOOL, .offset = offsetof(struct published_key_row, next) },
	{ .name = "settled", .kind = KIND_BOOL, .offset = offsetof(struct published_key_row, settled) },
	{ .name = "public_pem", .kind = KIND_STR, .offset = offsetof(struct published_key_row, public_pem) },
	{ .name = "public_jwk", .kind = KIND_STR, .offset = offsetof(struct published_key_row, public_jwk) },
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct published_key_row, private_key) },
};

const struct db_statement signing_key_page_statement = {
	.name = "signing_key_page",
	.sql =
		"select kid, algorithm::text as algorithm,\n"
		"  coalesce(state = 'active', false) as active,\n"
		"  coalesce(state = 'next', false) as next,\n"
		"  coalesce(created_at < now() - $1::bigint * interval '1 microsecond', false) as settled,\n"
		"  public_pem, public_jwk, private_key\n"
		"from signing_keys\n"
		"where state <> 'retired'\n"
		"  or (\n"
		"    activated_at is not null\n"
		"    and retired_at > now() - $2::bigint * interval '1 microsecond'\n"
		"  )\n"
		"order by state = 'active' desc, activated_at desc nulls last, kid\n"
		"limit 64",
	.params = signing_key_page_params,
	.param_count = 2,
	.columns = signing_key_page_columns,
	.column_count = 8,
	.row_size = sizeof(struct published_key_row),
	.write = false,
};

enum err signing_key_page(struct db *db, const struct signing_key_page *in, struct published_key_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &signing_key_page_statement, in, &all));
	*rows = (struct published_key_rows){ all.v, all.n };
	return OK;
}

static const struct db_column signing_key_list_columns[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_row, kid) },
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_row, algorithm), .words = &key_algorithm_vocabulary },
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_row, state), .words = &key_state_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, created_at) },
	{ .name = "activated_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, activated_at) },
	{ .name = "retired_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, retired_at) },
};

const struct db_statement signing_key_list_statement = {
	.name = "signing_key_list",
	.sql =
		"select kid, algorithm, state, created_at, activated_at, retired_at\n"
		"from signing_keys\n"
		"order by created_at, kid\n"
		"limit 64",
	.columns = signing_key_list_columns,
	.column_count = 6,
	.row_size = sizeof(struct signing_key_row),
	.write = false,
};

enum err signing_key_list(struct db *db, struct signing_key_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &signing_key_list_statement, NULL, &all));
	*rows = (struct signing_key_rows){ all.v, all.n };
	return OK;
}

static const struct db_column signing_key_by_kid_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_by_kid, kid) },
};

static const struct db_column signing_key_by_kid_columns[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_row, kid) },
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_row, algorithm), .words = &key_algorithm_vocabulary },
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_row, state), .words = &key_state_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, created_at) },
	{ .name = "activated_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, activated_at) },
	{ .name = "retired_at", .kind = KIND_INSTANT, .offset = offsetof(struct signing_key_row, retired_at) },
};

const struct db_statement signing_key_by_kid_statement = {
	.name = "signing_key_by_kid",
	.sql =
		"select kid, algorithm, state, created_at, activated_at, retired_at\n"
		"from signing_keys\n"
		"where kid = $1",
	.params = signing_key_by_kid_params,
	.param_count = 1,
	.columns = signing_key_by_kid_columns,
	.column_count = 6,
	.row_size = sizeof(struct signing_key_row),
	.write = false,
};

enum err signing_key_by_kid(struct db *db, const struct signing_key_by_kid *in, struct signing_key_row *row)
{
	return db_one(db, &signing_key_by_kid_statement, in, row);
}

static const struct db_column signing_key_active_params[] = {
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_active, algorithm), .words = &key_algorithm_vocabulary },
};

static const struct db_column signing_key_active_columns[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct active_key_row, kid) },
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct active_key_row, private_key) },
};

const struct db_statement signing_key_active_statement = {
	.name = "signing_key_active",
	.sql =
		"select kid, private_key\n"
		"from signing_keys\n"
		"where algorithm = $1::text\n"
		"  and state = 'active'",
	.params = signing_key_active_params,
	.param_count = 1,
	.columns = signing_key_active_columns,
	.column_count = 2,
	.row_size = sizeof(struct active_key_row),
	.write = false,
};

enum err signing_key_active(struct db *db, const struct signing_key_active *in, struct active_key_row *row)
{
	return db_one(db, &signing_key_active_statement, in, row);
}

static const struct db_column signing_key_sealed_columns[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct sealed_key_row, kid) },
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct sealed_key_row, private_key) },
};

const struct db_statement signing_key_sealed_statement = {
	.name = "signing_key_sealed",
	.sql =
		"select kid, private_key\n"
		"from signing_keys\n"
		"where state <> 'retired'\n"
		"order by kid\n"
		"limit 64",
	.columns = signing_key_sealed_columns,
	.column_count = 2,
	.row_size = sizeof(struct sealed_key_row),
	.write = false,
};

enum err signing_key_sealed(struct db *db, struct sealed_key_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &signing_key_sealed_statement, NULL, &all));
	*rows = (struct sealed_key_rows){ all.v, all.n };
	return OK;
}

static const struct db_column signing_key_seal_params[] = {
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct signing_key_seal, private_key) },
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_seal, kid) },
};

const struct db_statement signing_key_seal_statement = {
	.name = "signing_key_seal",
	.sql =
		"update signing_keys\n"
		"set private_key = $1\n"
		"where kid = $2",
	.params = signing_key_seal_params,
	.param_count = 2,
	.write = true,
};

enum err signing_key_seal(struct db *db, const struct signing_key_seal *in, int64_t *affected)
{
	return db_exec(db, &signing_key_seal_statement, in, affected);
}

static const struct db_column signing_key_lock_columns[] = {
	{ .name = "locked", .kind = KIND_BOOL, .offset = offsetof(struct locked_row, locked) },
};

const struct db_statement signing_key_lock_statement = {
	.name = "signing_key_lock",
	.sql =
		"select true as locked\n"
		"from pg_advisory_xact_lock(1802072435)",
	.columns = signing_key_lock_columns,
	.column_count = 1,
	.row_size = sizeof(struct locked_row),
	.write = false,
};

enum err signing_key_lock(struct db *db, struct locked_row *row)
{
	return db_one(db, &signing_key_lock_statement, NULL, row);
}

static const struct db_column signing_key_ages_params[] = {
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_ages, algorithm), .words = &key_algorithm_vocabulary },
};

static const struct db_column signing_key_ages_columns[] = {
	{ .name = "active", .kind = KIND_STR, .offset = offsetof(struct key_ages_row, active) },
	{ .name = "active_us", .kind = KIND_I64, .offset = offsetof(struct key_ages_row, active_us) },
	{ .name = "next", .kind = KIND_STR, .offset = offsetof(struct key_ages_row, next) },
	{ .name = "next_us", .kind = KIND_I64, .offset = offsetof(struct key_ages_row, next_us) },
};

const struct db_statement signing_key_ages_statement = {
	.name = "signing_key_ages",
	.sql =
		"select\n"
		"  coalesce((select kid from signing_keys where algorithm = $1::text and state = 'active'), '') as active,\n"
		"  coalesce((\n"
		"    select (extract(epoch from now() - activated_at) * 1000000)::bigint\n"
		"    from signing_keys\n"
		"    where algorithm = $1::text and state = 'active'\n"
		"  ), 0) as active_us,\n"
		"  coalesce((\n"
		"    select kid\n"
		"    from signing_keys\n"
		"    where algorithm = $1::text and state = 'next'\n"
		"    order by created_at, kid\n"
		"    limit 1\n"
		"  ), '') as next,\n"
		"  coalesce((\n"
		"    select (extract(epoch from now() - min(created_at)) * 1000000)::bigint\n"
		"    from signing_keys\n"
		"    where algorithm = $1::text and state = 'next'\n"
		"  ), 0) as next_us",
	.params = signing_key_ages_params,
	.param_count = 1,
	.columns = signing_key_ages_columns,
	.column_count = 4,
	.row_size = sizeof(struct key_ages_row),
	.write = false,
};

enum err signing_key_ages(struct db *db, const struct signing_key_ages *in, struct key_ages_row *row)
{
	return db_one(db, &signing_key_ages_statement, in, row);
}

static const struct db_column signing_key_insert_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert, kid) },
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_insert, algorithm), .words = &key_algorithm_vocabulary },
	{ .name = "public_pem", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert, public_pem) },
	{ .name = "public_jwk", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert, public_jwk) },
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct signing_key_insert, private_key) },
};

const struct db_statement signing_key_insert_statement = {
	.name = "signing_key_insert",
	.sql =
		"insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key)\n"
		"select $1, $2::text, 'next', $3, $4, $5\n"
		"where (select count(*) from signing_keys) < 64",
	.params = signing_key_insert_params,
	.param_count = 5,
	.write = true,
};

enum err signing_key_insert(struct db *db, const struct signing_key_insert *in, int64_t *affected)
{
	return db_exec(db, &signing_key_insert_statement, in, affected);
}

static const struct db_column signing_key_insert_first_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert_first, kid) },
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_insert_first, algorithm), .words = &key_algorithm_vocabulary },
	{ .name = "public_pem", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert_first, public_pem) },
	{ .name = "public_jwk", .kind = KIND_STR, .offset = offsetof(struct signing_key_insert_first, public_jwk) },
	{ .name = "private_key", .kind = KIND_SECRET, .offset = offsetof(struct signing_key_insert_first, private_key) },
};

const struct db_statement signing_key_insert_first_statement = {
	.name = "signing_key_insert_first",
	.sql =
		"insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key, activated_at)\n"
		"select $1, $2::text, 'active', $3, $4, $5, now()\n"
		"where (select count(*) from signing_keys) < 64\n"
		"on conflict (algorithm) where state = 'active' do nothing",
	.params = signing_key_insert_first_params,
	.param_count = 5,
	.write = true,
};

enum err signing_key_insert_first(struct db *db, const struct signing_key_insert_first *in, int64_t *affected)
{
	return db_exec(db, &signing_key_insert_first_statement, in, affected);
}

static const struct db_column signing_key_retire_active_params[] = {
	{ .name = "algorithm", .kind = KIND_ENUM, .offset = offsetof(struct signing_key_retire_active, algorithm), .words = &key_algorithm_vocabulary },
};

const struct db_statement signing_key_retire_active_statement = {
	.name = "signing_key_retire_active",
	.sql =
		"update signing_keys\n"
		"set state = 'retired', retired_at = now()\n"
		"where algorithm = $1::text\n"
		"  and state = 'active'",
	.params = signing_key_retire_active_params,
	.param_count = 1,
	.write = true,
};

enum err signing_key_retire_active(struct db *db, const struct signing_key_retire_active *in, int64_t *affected)
{
	return db_exec(db, &signing_key_retire_active_statement, in, affected);
}

static const struct db_column signing_key_activate_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_activate, kid) },
};

const struct db_statement signing_key_activate_statement = {
	.name = "signing_key_activate",
	.sql =
		"update signing_keys\n"
		"set state = 'active', activated_at = now()\n"
		"where kid = $1\n"
		"  and state = 'next'",
	.params = signing_key_activate_params,
	.param_count = 1,
	.write = true,
};

enum err signing_key_activate(struct db *db, const struct signing_key_activate *in, int64_t *affected)
{
	return db_exec(db, &signing_key_activate_statement, in, affected);
}

static const struct db_column signing_key_retire_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_retire, kid) },
};

const struct db_statement signing_key_retire_statement = {
	.name = "signing_key_retire",
	.sql =
		"update signing_keys\n"
		"set state = 'retired', retired_at = now()\n"
		"where kid = $1\n"
		"  and state <> 'retired'",
	.params = signing_key_retire_params,
	.param_count = 1,
	.write = true,
};

enum err signing_key_retire(struct db *db, const struct signing_key_retire *in, int64_t *affected)
{
	return db_exec(db, &signing_key_retire_statement, in, affected);
}

static const struct db_column signing_key_delete_params[] = {
	{ .name = "kid", .kind = KIND_STR, .offset = offsetof(struct signing_key_delete, kid) },
};

const struct db_statement signing_key_delete_statement = {
	.name = "signing_key_delete",
	.sql =
		"delete from signing_keys\n"
		"where kid = $1",
	.params = signing_key_delete_params,
	.param_count = 1,
	.write = true,
};

enum err signing_key_delete(struct db *db, const struct signing_key_delete *in, int64_t *affected)
{
	return db_exec(db, &signing_key_delete_statement, in, affected);
}

static const struct db_column signing_key_sweep_params[] = {
	{ .name = "keep_us", .kind = KIND_I64, .offset = offsetof(struct signing_key_sweep, keep_us) },
};

const struct db_statement signing_key_sweep_statement = {
	.name = "signing_key_sweep",
	.sql =
		"delete from signing_keys\n"
		"where state = 'retired'\n"
		"  and retired_at < now() - $1::bigint * interval '1 microsecond'",
	.params = signing_key_sweep_params,
	.param_count = 1,
	.write = true,
};

enum err signing_key_sweep(struct db *db, const struct signing_key_sweep *in, int64_t *affected)
{
	return db_exec(db, &signing_key_sweep_statement, in, affected);
}
