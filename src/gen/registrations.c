/* SPDX-License-Identifier: MIT */
/* Made from src/sql/registrations.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/registrations.h"

#include "gen/statements.h"

static const struct db_column registration_insert_params[] = {
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct registration_insert, address) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct registration_insert, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct registration_insert, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct registration_insert, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct registration_insert, name) },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct registration_insert, password) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct registration_insert, locale) },
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct registration_insert, life_us) },
	{ .name = "mailed", .kind = KIND_BOOL, .offset = offsetof(struct registration_insert, mailed) },
	{ .name = "most", .kind = KIND_I64, .offset = offsetof(struct registration_insert, most) },
};

const struct db_statement registration_insert_statement = {
	.name = "registration_insert",
	.sql =
		"insert into registrations (address, id, email, email_key, name, password, locale, expires_at)\n"
		"select $1::uuid, $2::uuid, $3::text, $4::text, $5::text,\n"
		"  $6::secret, $7::text,\n"
		"  now() + $8::bigint * interval '1 microsecond'\n"
		"where $9::boolean\n"
		"  and (\n"
		"    select count(*)\n"
		"    from registrations\n"
		"    where address = $1::uuid\n"
		"      and expires_at > now()\n"
		"  ) < $10::bigint",
	.params = registration_insert_params,
	.param_count = 10,
	.write = true,
};

enum err registration_insert(struct db *db, const struct registration_insert *in, int64_t *affected)
{
	return db_exec(db, &registration_insert_statement, in, affected);
}

static const struct db_column registration_of_proof_params[] = {
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct registration_of_proof, address) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct registration_of_proof, id) },
};

static const struct db_column registration_of_proof_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct registration_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct registration_row, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct registration_row, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct registration_row, name) },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct registration_row, password) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct registration_row, locale) },
};

const struct db_statement registration_of_proof_statement = {
	.name = "registration_of_proof",
	.sql =
		"select id, email, email_key, name, password, locale\n"
		"from registrations\n"
		"where address = $1::uuid\n"
		"  and id = $2::uuid",
	.params = registration_of_proof_params,
	.param_count = 2,
	.columns = registration_of_proof_columns,
	.column_count = 6,
	.row_size = sizeof(struct registration_row),
	.write = false,
};

enum err registration_of_proof(struct db *db, const struct registration_of_proof *in, struct registration_row *row)
{
	return db_one(db, &registration_of_proof_statement, in, row);
}

static const struct db_column registration_lock_params[] = {
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct registration_lock, address) },
};

static const struct db_column registration_lock_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct locked_registration_row, id) },
};

const struct db_statement registration_lock_statement = {
	.name = "registration_lock",
	.sql =
		"select id\n"
		"from registrations\n"
		"where address = $1::uuid\n"
		"order by id\n"
		"limit 1000\n"
		"for update",
	.params = registration_lock_params,
	.param_count = 1,
	.columns = registration_lock_columns,
	.column_count = 1,
	.row_size = sizeof(struct locked_registration_row),
	.write = true,
};

enum err registration_lock(struct db *db, const struct registration_lock *in, struct locked_registration_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &registration_lock_statement, in, &all));
	*rows = (struct locked_registration_rows){ all.v, all.n };
	return OK;
}

static const struct db_column registration_clear_params[] = {
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct registration_clear, address) },
};

const struct db_statement registration_clear_statement = {
	.name = "registration_clear",
	.sql =
		"with void as (\n"
		"  update proofs\n"
		"  set link_until = least(link_until, now())\n"
		"  where address = $1::uuid\n"
		"    and kind = 'verify'\n"
		"    and used_at is null\n"
		")\n"
		"delete from registrations\n"
		"where address = $1::uuid",
	.params = registration_clear_params,
	.param_count = 1,
	.write = true,
};

enum err registration_clear(struct db *db, const struct registration_clear *in, int64_t *affected)
{
	return db_exec(db, &registration_clear_statement, in, affected);
}

const struct db_statement registration_sweep_statement = {
	.name = "registration_sweep",
	.sql =
		"delete from registrations\n"
		"where (address, id) in (\n"
		"  select address, id\n"
		"  from registrations\n"
		"  where expires_at < now()\n"
		"  order by expires_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err registration_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &registration_sweep_statement, NULL, affected);
}

static const struct db_column registration_owner_params[] = {
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct registration_owner, email_key) },
};

static const struct db_column registration_owner_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct registration_owner_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct registration_owner_row, email) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct registration_owner_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct registration_owner_row, verified) },
	{ .name = "taken", .kind = KIND_BOOL, .offset = offsetof(struct registration_owner_row, taken) },
};

const struct db_statement registration_owner_statement = {
	.name = "registration_owner",
	.sql =
		"select users.id, coalesce(users.email, '') as email, coalesce(users.locale, '') as locale,\n"
		"  users.verified_at is not null as verified,\n"
		"  coalesce(email_taken(key.email_key, '00000000-0000-0000-0000-000000000000'), false) as taken\n"
		"from (select $1::text as email_key) as key\n"
		"left join users on users.email_key = key.email_key",
	.params = registration_owner_params,
	.param_count = 1,
	.columns = registration_owner_columns,
	.column_count = 5,
	.row_size = sizeof(struct registration_owner_row),
	.write = false,
};

enum err registration_owner(struct db *db, const struct registration_owner *in, struct registration_owner_row *row)
{
	return db_one(db, &registration_owner_statement, in, row);
}
