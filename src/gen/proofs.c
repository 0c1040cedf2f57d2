/* SPDX-License-Identifier: MIT */
/* Made from src/sql/proofs.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/proofs.h"

#include "gen/statements.h"

static const struct db_column proof_insert_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert, user_id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_insert, kind), .words = &proof_kind_vocabulary },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert, id) },
	{ .name = "email_change_id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert, email_change_id) },
	{ .name = "code_us", .kind = KIND_I64, .offset = offsetof(struct proof_insert, code_us) },
	{ .name = "link_us", .kind = KIND_I64, .offset = offsetof(struct proof_insert, link_us) },
};

const struct db_statement proof_insert_statement = {
	.name = "proof_insert",
	.sql =
		"with old as (\n"
		"  update proofs\n"
		"  set used_at = now()\n"
		"  where user_id = $1::uuid\n"
		"    and kind = $2::text\n"
		"    and kind <> 'email_undo'\n"
		"    and used_at is null\n"
		")\n"
		"insert into proofs (id, kind, user_id, email_change_id, code_until, link_until)\n"
		"values (\n"
		"  $3::uuid,\n"
		"  $2::text,\n"
		"  $1::uuid,\n"
		"  $4::uuid,\n"
		"  now() + $5::bigint * interval '1 microsecond',\n"
		"  now() + $6::bigint * interval '1 microsecond'\n"
		")",
	.params = proof_insert_params,
	.param_count = 6,
	.write = true,
};

enum err proof_insert(struct db *db, const struct proof_insert *in, int64_t *affected)
{
	return db_exec(db, &proof_insert_statement, in, affected);
}

static const struct db_column proof_insert_asked_params[] = {
	{ .name = "mails", .kind = KIND_I64, .offset = offsetof(struct proof_insert_asked, mails) },
	{ .name = "hour_mails", .kind = KIND_I32, .offset = offsetof(struct proof_insert_asked, hour_mails) },
	{ .name = "hour_most", .kind = KIND_I64, .offset = offsetof(struct proof_insert_asked, hour_most) },
	{ .name = "day_mails", .kind = KIND_I32, .offset = offsetof(struct proof_insert_asked, day_mails) },
	{ .name = "day_most", .kind = KIND_I64, .offset = offsetof(struct proof_insert_asked, day_most) },
	{ .name = "link_us", .kind = KIND_I64, .offset = offsetof(struct proof_insert_asked, link_us) },
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct proof_insert_asked, address) },
	{ .name = "keep", .kind = KIND_BOOL, .offset = offsetof(struct proof_insert_asked, keep) },
	{ .name = "mailbox", .kind = KIND_UUID, .offset = offsetof(struct proof_insert_asked, mailbox) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert_asked, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_insert_asked, kind), .words = &proof_kind_vocabulary },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert_asked, user_id) },
	{ .name = "email_change_id", .kind = KIND_UUID, .offset = offsetof(struct proof_insert_asked, email_change_id) },
	{ .name = "code_us", .kind = KIND_I64, .offset = offsetof(struct proof_insert_asked, code_us) },
};

static const struct db_column proof_insert_asked_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct asked_proof_row, id) },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct asked_proof_row, created_at) },
	{ .name = "mailed", .kind = KIND_BOOL, .offset = offsetof(struct asked_proof_row, mailed) },
};

const struct db_statement proof_insert_asked_statement = {
	.name = "proof_insert_asked",
	.sql =
		"with asked as (\n"
		"  select\n"
		"    count(*) filter (where created_at > now() - interval '1 hour' and not spent) < $1::bigint\n"
		"      and $2::integer < $3::bigint\n"
		"      and $4::integer < $5::bigint as few,\n"
		"    count(*) filter (\n"
		"      where (used_at is null and link_until > now())\n"
		"        or (spare and created_at > now() - $6::bigint * interval '1 microsecond' and not spent)\n"
		"    ) = 0 as none\n"
		"  from proofs\n"
		"  where address = $7::uuid\n"
		"    and created_at > now()\n"
		"      - greatest(interval '1 hour', $6 * interval '1 microsecond')\n"
		"), may as (\n"
		"  select coalesce(few, false) as few, coalesce(few or none, false) as mailed\n"
		"  from asked\n"
		"), old as (\n"
		"  update proofs\n"
		"  set used_at = now()\n"
		"  where address = $7::uuid\n"
		"    and used_at is null\n"
		"    and not $8::boolean\n"
		"    and (select mailed from may)\n"
		"), counted as (\n"
		"  update mail_budgets\n"
		"  set hour_mails = hour_mails + 1,\n"
		"      day_mails = day_mails + 1\n"
		"  where mailbox = $9::uuid\n"
		"    and sort = 'proof'\n"
		"    and (select mailed from may)\n"
		"), new as (\n"
		"  insert into proofs (id, kind, user_id, email_change_id, address, code_until, link_until, spare)\n"
		"  select\n"
		"    $10::uuid,\n"
		"    $11::text,\n"
		"    case when mailed then $12::uuid end,\n"
		"    $13::uuid,\n"
		"    case when mailed then $7::uuid end,\n"
		"    now() + $14::bigint * interval '1 microsecond',\n"
		"    now() + $6 * interval '1 microsecond',\n"
		"    mailed and not few\n"
		"  from may\n"
		"  returning id, created_at\n"
		")\n"
		"select new.id, new.created_at, may.mailed\n"
		"from new, may",
	.params = proof_insert_asked_params,
	.param_count = 14,
	.columns = proof_insert_asked_columns,
	.column_count = 3,
	.row_size = sizeof(struct asked_proof_row),
	.write = true,
};

enum err proof_insert_asked(struct db *db, const struct proof_insert_asked *in, struct asked_proof_row *row)
{
	return db_one(db, &proof_insert_asked_statement, in, row);
}

static const struct db_column proof_count_try_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_count_try, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_count_try, kind), .words = &proof_kind_vocabulary },
	{ .name = "tries", .kind = KIND_I32, .offset = offsetof(struct proof_count_try, tries) },
};

static const struct db_column proof_count_try_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_row, kind), .words = &proof_kind_vocabulary },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, user_id) },
	{ .name = "email_change_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, email_change_id) },
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct proof_row, address) },
};

const struct db_statement proof_count_try_statement = {
	.name = "proof_count_try",
	.sql =
		"update proofs\n"
		"set tries = tries + 1\n"
		"where id = $1::uuid\n"
		"  and kind = $2::text\n"
		"  and used_at is null\n"
		"  and code_until > now()\n"
		"  and tries < $3::integer\n"
		"returning id, kind, user_id, email_change_id, address",
	.params = proof_count_try_params,
	.param_count = 3,
	.columns = proof_count_try_columns,
	.column_count = 5,
	.row_size = sizeof(struct proof_row),
	.write = true,
};

enum err proof_count_try(struct db *db, const struct proof_count_try *in, struct proof_row *row)
{
	return db_one(db, &proof_count_try_statement, in, row);
}

static const struct db_column proof_spare_try_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_spare_try, id) },
};

const struct db_statement proof_spare_try_statement = {
	.name = "proof_spare_try",
	.sql =
		"update proofs\n"
		"set tries = tries - 1\n"
		"where id = $1::uuid\n"
		"  and tries > 0",
	.params = proof_spare_try_params,
	.param_count = 1,
	.write = true,
};

enum err proof_spare_try(struct db *db, const struct proof_spare_try *in, int64_t *affected)
{
	return db_exec(db, &proof_spare_try_statement, in, affected);
}

static const struct db_column proof_by_link_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_by_link, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_by_link, kind), .words = &proof_kind_vocabulary },
};

static const struct db_column proof_by_link_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_row, kind), .words = &proof_kind_vocabulary },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, user_id) },
	{ .name = "email_change_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, email_change_id) },
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct proof_row, address) },
};

const struct db_statement proof_by_link_statement = {
	.name = "proof_by_link",
	.sql =
		"select id, kind, user_id, email_change_id, address\n"
		"from proofs\n"
		"where id = $1::uuid\n"
		"  and kind = $2::text\n"
		"  and used_at is null\n"
		"  and link_until > now()",
	.params = proof_by_link_params,
	.param_count = 2,
	.columns = proof_by_link_columns,
	.column_count = 5,
	.row_size = sizeof(struct proof_row),
	.write = false,
};

enum err proof_by_link(struct db *db, const struct proof_by_link *in, struct proof_row *row)
{
	return db_one(db, &proof_by_link_statement, in, row);
}

static const struct db_column proof_by_id_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_by_id, id) },
};

static const struct db_column proof_by_id_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, id) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct proof_row, kind), .words = &proof_kind_vocabulary },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, user_id) },
	{ .name = "email_change_id", .kind = KIND_UUID, .offset = offsetof(struct proof_row, email_change_id) },
	{ .name = "address", .kind = KIND_UUID, .offset = offsetof(struct proof_row, address) },
};

const struct db_statement proof_by_id_statement = {
	.name = "proof_by_id",
	.sql =
		"select id, kind, user_id, email_change_id, address\n"
		"from proofs\n"
		"where id = $1::uuid",
	.params = proof_by_id_params,
	.param_count = 1,
	.columns = proof_by_id_columns,
	.column_count = 5,
	.row_size = sizeof(struct proof_row),
	.write = false,
};

enum err proof_by_id(struct db *db, const struct proof_by_id *in, struct proof_row *row)
{
	return db_one(db, &proof_by_id_statement, in, row);
}

static const struct db_column proof_mark_used_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct proof_mark_used, id) },
};

const struct db_statement proof_mark_used_statement = {
	.name = "proof_mark_used",
	.sql =
		"with owner as (\n"
		"  select users.id\n"
		"  from users\n"
		"  join proofs on proofs.user_id = users.id\n"
		"  where proofs.id = $1::uuid\n"
		"  for no key update of users\n"
		")\n"
		"update proofs\n"
		"set used_at = now(),\n"
		"    spent = true\n"
		"where id = $1::uuid\n"
		"  and used_at is null\n"
		"  and (select count(*) from owner) >= 0",
	.params = proof_mark_used_params,
	.param_count = 1,
	.write = true,
};

enum err proof_mark_used(struct db *db, const struct proof_mark_used *in, int64_t *affected)
{
	return db_exec(db, &proof_mark_used_statement, in, affected);
}

static const struct db_column proof_mark_void_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct proof_mark_void, user_id) },
};

const struct db_statement proof_mark_void_statement = {
	.name = "proof_mark_void",
	.sql =
		"with gone as (\n"
		"  delete from email_changes\n"
		"  where user_id = $1::uuid\n"
		"    and done_at is null\n"
		")\n"
		"update proofs\n"
		"set used_at = now()\n"
		"where user_id = $1::uuid\n"
		"  and kind <> 'email_undo'\n"
		"  and used_at is null",
	.params = proof_mark_void_params,
	.param_count = 1,
	.write = true,
};

enum err proof_mark_void(struct db *db, const struct proof_mark_void *in, int64_t *affected)
{
	return db_exec(db, &proof_mark_void_statement, in, affected);
}

const struct db_statement proof_sweep_statement = {
	.name = "proof_sweep",
	.sql =
		"delete from proofs\n"
		"where id in (\n"
		"  select id\n"
		"  from proofs\n"
		"  where link_until < now() - interval '1 day'\n"
		"  order by link_until\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err proof_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &proof_sweep_statement, NULL, affected);
}
