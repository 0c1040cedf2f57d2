/* SPDX-License-Identifier: MIT */
/* Made from src/sql/audit.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/audit.h"

#include "gen/statements.h"

static const struct db_column audit_insert_params[] = {
	{ "id", KIND_UUID, offsetof(struct audit_insert, id) },
	{ "action", KIND_STR, offsetof(struct audit_insert, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_insert, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_insert, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_insert, session) },
	{ "address", KIND_STR, offsetof(struct audit_insert, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_insert, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_insert, detail) },
	{ "typed_by", KIND_STR, offsetof(struct audit_insert, typed_by) },
};

const struct db_statement audit_insert_statement = {
	.name = "audit_insert",
	.sql =
		"insert into audit (id, action, actor, subject, session, address, request_id, detail, typed_by)\n"
		"values ($1::uuid, $2, $3::uuid, $4::uuid, $5::uuid, $6, $7, $8, $9)",
	.params = audit_insert_params,
	.param_count = 9,
	.write = true,
};

enum err audit_insert(struct db *db, const struct audit_insert *in, int64_t *affected)
{
	return db_exec(db, &audit_insert_statement, in, affected);
}

static const struct db_column audit_page_params[] = {
	{ "below", KIND_UUID, offsetof(struct audit_page, below) },
	{ "from", KIND_UUID, offsetof(struct audit_page, from) },
	{ "since", KIND_INSTANT, offsetof(struct audit_page, since) },
	{ "before", KIND_INSTANT, offsetof(struct audit_page, before) },
	{ "limit", KIND_I32, offsetof(struct audit_page, limit) },
};

static const struct db_column audit_page_columns[] = {
	{ "id", KIND_UUID, offsetof(struct audit_row, id) },
	{ "at", KIND_INSTANT, offsetof(struct audit_row, at) },
	{ "action", KIND_STR, offsetof(struct audit_row, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_row, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_row, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_row, session) },
	{ "address", KIND_STR, offsetof(struct audit_row, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_row, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_row, detail) },
	{ "typed_by", KIND_STR, offsetof(struct audit_row, typed_by) },
};

const struct db_statement audit_page_statement = {
	.name = "audit_page",
	.sql =
		"select id, at, action, actor, subject, session, address, request_id, detail, typed_by\n"
		"from audit\n"
		"where id < $1::uuid\n"
		"  and (id, at) >= ($2::uuid, $3)\n"
		"  and at >= $3\n"
		"  and at < $4\n"
		"order by id desc\n"
		"limit $5::integer",
	.params = audit_page_params,
	.param_count = 5,
	.columns = audit_page_columns,
	.column_count = 10,
	.row_size = sizeof(struct audit_row),
	.write = false,
};

enum err audit_page(struct db *db, const struct audit_page *in, struct audit_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &audit_page_statement, in, &all));
	*rows = (struct audit_rows){ all.v, all.n };
	return OK;
}

static const struct db_column audit_page_by_action_params[] = {
	{ "action", KIND_STR, offsetof(struct audit_page_by_action, action) },
	{ "below", KIND_UUID, offsetof(struct audit_page_by_action, below) },
	{ "from", KIND_UUID, offsetof(struct audit_page_by_action, from) },
	{ "since", KIND_INSTANT, offsetof(struct audit_page_by_action, since) },
	{ "before", KIND_INSTANT, offsetof(struct audit_page_by_action, before) },
	{ "limit", KIND_I32, offsetof(struct audit_page_by_action, limit) },
};

static const struct db_column audit_page_by_action_columns[] = {
	{ "id", KIND_UUID, offsetof(struct audit_row, id) },
	{ "at", KIND_INSTANT, offsetof(struct audit_row, at) },
	{ "action", KIND_STR, offsetof(struct audit_row, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_row, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_row, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_row, session) },
	{ "address", KIND_STR, offsetof(struct audit_row, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_row, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_row, detail) },
	{ "typed_by", KIND_STR, offsetof(struct audit_row, typed_by) },
};

const struct db_statement audit_page_by_action_statement = {
	.name = "audit_page_by_action",
	.sql =
		"select id, at, action, actor, subject, session, address, request_id, detail, typed_by\n"
		"from audit\n"
		"where action = $1\n"
		"  and id < $2::uuid\n"
		"  and (id, at) >= ($3::uuid, $4)\n"
		"  and at >= $4\n"
		"  and at < $5\n"
		"order by id desc\n"
		"limit $6::integer",
	.params = audit_page_by_action_params,
	.param_count = 6,
	.columns = audit_page_by_action_columns,
	.column_count = 10,
	.row_size = sizeof(struct audit_row),
	.write = false,
};

enum err audit_page_by_action(struct db *db, const struct audit_page_by_action *in, struct audit_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &audit_page_by_action_statement, in, &all));
	*rows = (struct audit_rows){ all.v, all.n };
	return OK;
}

static const struct db_column audit_page_by_actor_params[] = {
	{ "actor", KIND_UUID, offsetof(struct audit_page_by_actor, actor) },
	{ "below", KIND_UUID, offsetof(struct audit_page_by_actor, below) },
	{ "from", KIND_UUID, offsetof(struct audit_page_by_actor, from) },
	{ "since", KIND_INSTANT, offsetof(struct audit_page_by_actor, since) },
	{ "before", KIND_INSTANT, offsetof(struct audit_page_by_actor, before) },
	{ "action", KIND_STR, offsetof(struct audit_page_by_actor, action) },
	{ "limit", KIND_I32, offsetof(struct audit_page_by_actor, limit) },
};

static const struct db_column audit_page_by_actor_columns[] = {
	{ "id", KIND_UUID, offsetof(struct audit_row, id) },
	{ "at", KIND_INSTANT, offsetof(struct audit_row, at) },
	{ "action", KIND_STR, offsetof(struct audit_row, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_row, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_row, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_row, session) },
	{ "address", KIND_STR, offsetof(struct audit_row, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_row, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_row, detail) },
	{ "typed_by", KIND_STR, offsetof(struct audit_row, typed_by) },
};

const struct db_statement audit_page_by_actor_statement = {
	.name = "audit_page_by_actor",
	.sql =
		"select id, at, action, actor, subject, session, address, request_id, detail, typed_by\n"
		"from audit\n"
		"where actor = $1::uuid\n"
		"  and id < $2::uuid\n"
		"  and (id, at) >= ($3::uuid, $4)\n"
		"  and at >= $4\n"
		"  and at < $5\n"
		"  and ($6::text is null or action = $6)\n"
		"order by id desc\n"
		"limit $7::integer",
	.params = audit_page_by_actor_params,
	.param_count = 7,
	.columns = audit_page_by_actor_columns,
	.column_count = 10,
	.row_size = sizeof(struct audit_row),
	.write = false,
};

enum err audit_page_by_actor(struct db *db, const struct audit_page_by_actor *in, struct audit_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &audit_page_by_actor_statement, in, &all));
	*rows = (struct audit_rows){ all.v, all.n };
	return OK;
}

static const struct db_column audit_page_by_subject_params[] = {
	{ "subject", KIND_UUID, offsetof(struct audit_page_by_subject, subject) },
	{ "below", KIND_UUID, offsetof(struct audit_page_by_subject, below) },
	{ "from", KIND_UUID, offsetof(struct audit_page_by_subject, from) },
	{ "since", KIND_INSTANT, offsetof(struct audit_page_by_subject, since) },
	{ "before", KIND_INSTANT, offsetof(struct audit_page_by_subject, before) },
	{ "actor", KIND_UUID, offsetof(struct audit_page_by_subject, actor) },
	{ "action", KIND_STR, offsetof(struct audit_page_by_subject, action) },
	{ "limit", KIND_I32, offsetof(struct audit_page_by_subject, limit) },
};

static const struct db_column audit_page_by_subject_columns[] = {
	{ "id", KIND_UUID, offsetof(struct audit_row, id) },
	{ "at", KIND_INSTANT, offsetof(struct audit_row, at) },
	{ "action", KIND_STR, offsetof(struct audit_row, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_row, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_row, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_row, session) },
	{ "address", KIND_STR, offsetof(struct audit_row, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_row, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_row, detail) },
	{ "typed_by", KIND_STR, offsetof(struct audit_row, typed_by) },
};

const struct db_statement audit_page_by_subject_statement = {
	.name = "audit_page_by_subject",
	.sql =
		"select id, at, action, actor, subject, session, address, request_id, detail, typed_by\n"
		"from audit\n"
		"where subject = $1::uuid\n"
		"  and id < $2::uuid\n"
		"  and (id, at) >= ($3::uuid, $4)\n"
		"  and at >= $4\n"
		"  and at < $5\n"
		"  and ($6::uuid is null or actor = $6::uuid)\n"
		"  and ($7::text is null or action = $7)\n"
		"order by id desc\n"
		"limit $8::integer",
	.params = audit_page_by_subject_params,
	.param_count = 8,
	.columns = audit_page_by_subject_columns,
	.column_count = 10,
	.row_size = sizeof(struct audit_row),
	.write = false,
};

enum err audit_page_by_subject(struct db *db, const struct audit_page_by_subject *in, struct audit_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &audit_page_by_subject_statement, in, &all));
	*rows = (struct audit_rows){ all.v, all.n };
	return OK;
}

const struct db_statement audit_keep_statement = {
	.name = "audit_keep",
	.sql =
		"select from audit_months() as done\n"
		"where done > 0",
	.write = true,
};

enum err audit_keep(struct db *db, int64_t *affected)
{
	return db_exec(db, &audit_keep_statement, NULL, affected);
}
