/* SPDX-License-Identifier: MIT */
/* Made from src/sql/audit.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/audit.h"

#include "gen/statements.h"

static const struct db_column audit_insert_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct audit_insert, id) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_insert, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_insert, actor) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_insert, subject) },
	{ .name = "session", .kind = KIND_UUID, .offset = offsetof(struct audit_insert, session) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct audit_insert, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct audit_insert, request_id) },
	{ .name = "detail", .kind = KIND_STR, .offset = offsetof(struct audit_insert, detail) },
	{ .name = "typed_by", .kind = KIND_STR, .offset = offsetof(struct audit_insert, typed_by) },
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
	{ .name = "below", .kind = KIND_UUID, .offset = offsetof(struct audit_page, below) },
	{ .name = "from", .kind = KIND_UUID, .offset = offsetof(struct audit_page, from) },
	{ .name = "since", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page, since) },
	{ .name = "before", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page, before) },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct audit_page, limit) },
};

static const struct db_column audit_page_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct audit_row, id) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct audit_row, at) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_row, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_row, actor) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_row, subject) },
	{ .name = "session", .kind = KIND_UUID, .offset = offsetof(struct audit_row, session) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct audit_row, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct audit_row, request_id) },
	{ .name = "detail", .kind = KIND_STR, .offset = offsetof(struct audit_row, detail) },
	{ .name = "typed_by", .kind = KIND_STR, .offset = offsetof(struct audit_row, typed_by) },
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
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_page_by_action, action) },
	{ .name = "below", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_action, below) },
	{ .name = "from", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_action, from) },
	{ .name = "since", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_action, since) },
	{ .name = "before", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_action, before) },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct audit_page_by_action, limit) },
};

static const struct db_column audit_page_by_action_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct audit_row, id) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct audit_row, at) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_row, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_row, actor) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_row, subject) },
	{ .name = "session", .kind = KIND_UUID, .offset = offsetof(struct audit_row, session) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct audit_row, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct audit_row, request_id) },
	{ .name = "detail", .kind = KIND_STR, .offset = offsetof(struct audit_row, detail) },
	{ .name = "typed_by", .kind = KIND_STR, .offset = offsetof(struct audit_row, typed_by) },
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
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_actor, actor) },
	{ .name = "below", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_actor, below) },
	{ .name = "from", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_actor, from) },
	{ .name = "since", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_actor, since) },
	{ .name = "before", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_actor, before) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_page_by_actor, action) },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct audit_page_by_actor, limit) },
};

static const struct db_column audit_page_by_actor_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct audit_row, id) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct audit_row, at) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_row, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_row, actor) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_row, subject) },
	{ .name = "session", .kind = KIND_UUID, .offset = offsetof(struct audit_row, session) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct audit_row, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct audit_row, request_id) },
	{ .name = "detail", .kind = KIND_STR, .offset = offsetof(struct audit_row, detail) },
	{ .name = "typed_by", .kind = KIND_STR, .offset = offsetof(struct audit_row, typed_by) },
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
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_subject, subject) },
	{ .name = "below", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_subject, below) },
	{ .name = "from", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_subject, from) },
	{ .name = "since", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_subject, since) },
	{ .name = "before", .kind = KIND_INSTANT, .offset = offsetof(struct audit_page_by_subject, before) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_page_by_subject, actor) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_page_by_subject, action) },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct audit_page_by_subject, limit) },
};

static const struct db_column audit_page_by_subject_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct audit_row, id) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct audit_row, at) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct audit_row, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct audit_row, actor) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct audit_row, subject) },
	{ .name = "session", .kind = KIND_UUID, .offset = offsetof(struct audit_row, session) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct audit_row, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct audit_row, request_id) },
	{ .name = "detail", .kind = KIND_STR, .offset = offsetof(struct audit_row, detail) },
	{ .name = "typed_by", .kind = KIND_STR, .offset = offsetof(struct audit_row, typed_by) },
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
