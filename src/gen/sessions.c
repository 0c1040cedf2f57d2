/* SPDX-License-Identifier: MIT */
/* Made from src/sql/sessions.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/sessions.h"

#include "gen/statements.h"

static const struct db_column session_begin_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_begin, id) },
	{ .name = "absolute_us", .kind = KIND_I64, .offset = offsetof(struct session_begin, absolute_us) },
	{ .name = "idle_us", .kind = KIND_I64, .offset = offsetof(struct session_begin, idle_us) },
	{ .name = "cookie", .kind = KIND_BOOL, .offset = offsetof(struct session_begin, cookie) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct session_begin, address) },
	{ .name = "user_agent", .kind = KIND_STR, .offset = offsetof(struct session_begin, user_agent) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_begin, user_id) },
	{ .name = "version", .kind = KIND_I32, .offset = offsetof(struct session_begin, version) },
	{ .name = "audit_id", .kind = KIND_UUID, .offset = offsetof(struct session_begin, audit_id) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct session_begin, request_id) },
	{ .name = "pair", .kind = KIND_STR, .offset = offsetof(struct session_begin, pair) },
	{ .name = "network_until", .kind = KIND_INSTANT, .offset = offsetof(struct session_begin, network_until) },
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct session_begin, network) },
	{ .name = "account", .kind = KIND_STR, .offset = offsetof(struct session_begin, account) },
};

static const struct db_column session_begin_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct begun_session_row, id) },
	{ .name = "others", .kind = KIND_I64, .offset = offsetof(struct begun_session_row, others) },
};

const struct db_statement session_begin_statement = {
	.name = "session_begin",
	.sql =
		"with begun as (\n"
		"  insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent)\n"
		"  select\n"
		"    $1::uuid,\n"
		"    id,\n"
		"    least(now() + $2::bigint * interval '1 microsecond',\n"
		"      date_bin('1 hour', now() + $3::bigint * interval '1 microsecond' + interval '1 hour', 'epoch')),\n"
		"    now() + $2 * interval '1 microsecond',\n"
		"    $4::boolean,\n"
		"    $5::text,\n"
		"    $6::text\n"
		"  from users\n"
		"  where id = $7::uuid\n"
		"    and token_version = $8::integer\n"
		"    and disabled_at is null\n"
		"  for share\n"
		"  returning id, user_id, address\n"
		"), noted as (\n"
		"  insert into audit (id, action, actor, subject, session, address, request_id, detail)\n"
		"  select $9::uuid, 'session.begin', user_id, user_id, id, address, $10::text, ''\n"
		"  from begun\n"
		"), pair as (\n"
		"  delete from attempts\n"
		"  using begun\n"
		"  where kind = 'pair'\n"
		"    and key = $11::text\n"
		"  returning kind\n"
		"), network as (\n"
		"  update attempts as a\n"
		"  set failures = greatest(a.failures - 1, 0),\n"
		"      blocked_until = case when a.blocked_until = $12::timestamptz then '-infinity'\n"
		"        else a.blocked_until end\n"
		"  from begun, (select count(*) from pair) as after\n"
		"  where a.kind = 'network'\n"
		"    and a.key = $13::text\n"
		"  returning a.kind\n"
		"), account as (\n"
		"  delete from attempts\n"
		"  using begun, (select count(*) from network) as after\n"
		"  where kind = 'account'\n"
		"    and key = $14::text\n"
		")\n"
		"select begun.id, coalesce((select count(*) from sessions where user_id = $7::uuid), 0) as others\n"
		"from begun",
	.params = session_begin_params,
	.param_count = 14,
	.columns = session_begin_columns,
	.column_count = 2,
	.row_size = sizeof(struct begun_session_row),
	.write = true,
};

enum err session_begin(struct db *db, const struct session_begin *in, struct begun_session_row *row)
{
	return db_one(db, &session_begin_statement, in, row);
}

static const struct db_column session_delete_oldest_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_delete_oldest, user_id) },
	{ .name = "most", .kind = KIND_I64, .offset = offsetof(struct session_delete_oldest, most) },
};

static const struct db_column session_delete_oldest_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, user_id) },
};

const struct db_statement session_delete_oldest_statement = {
	.name = "session_delete_oldest",
	.sql =
		"delete from sessions\n"
		"where user_id = $1::uuid\n"
		"  and id in (\n"
		"    select id\n"
		"    from sessions\n"
		"    where user_id = $1::uuid\n"
		"    order by last_used_at desc, id desc\n"
		"    offset $2::bigint\n"
		"    limit 100\n"
		"  )\n"
		"returning id, user_id",
	.params = session_delete_oldest_params,
	.param_count = 2,
	.columns = session_delete_oldest_columns,
	.column_count = 2,
	.row_size = sizeof(struct ended_session_row),
	.write = true,
};

enum err session_delete_oldest(struct db *db, const struct session_delete_oldest *in, struct ended_session_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &session_delete_oldest_statement, in, &all));
	*rows = (struct ended_session_rows){ all.v, all.n };
	return OK;
}

static const struct db_column session_rotate_params[] = {
	{ .name = "counter", .kind = KIND_I32, .offset = offsetof(struct session_rotate, counter) },
	{ .name = "idle_us", .kind = KIND_I64, .offset = offsetof(struct session_rotate, idle_us) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct session_rotate, address) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_rotate, id) },
	{ .name = "cookie", .kind = KIND_BOOL, .offset = offsetof(struct session_rotate, cookie) },
};

static const struct db_column session_rotate_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct refreshed_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct refreshed_row, user_id) },
	{ .name = "counter", .kind = KIND_I32, .offset = offsetof(struct refreshed_row, counter) },
	{ .name = "ends_at", .kind = KIND_INSTANT, .offset = offsetof(struct refreshed_row, ends_at) },
	{ .name = "confirmed_email", .kind = KIND_STR, .offset = offsetof(struct refreshed_row, confirmed_email) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct refreshed_row, role), .words = &user_role_vocabulary },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct refreshed_row, token_version) },
};

const struct db_statement session_rotate_statement = {
	.name = "session_rotate",
	.sql =
		"update sessions\n"
		"set counter = $1::integer + 1,\n"
		"    rotated_at = now(),\n"
		"    last_used_at = now(),\n"
		"    idle_until = least(ends_at,\n"
		"      date_bin('1 hour', now() + $2::bigint * interval '1 microsecond' + interval '1 hour', 'epoch')),\n"
		"    address = $3\n"
		"from users\n"
		"where sessions.id = $4::uuid\n"
		"  and sessions.counter <= $1::integer\n"
		"  and sessions.cookie = $5\n"
		"  and sessions.idle_until > now()\n"
		"  and sessions.last_used_at > now() - $2::bigint * interval '1 microsecond'\n"
		"  and users.id = sessions.user_id\n"
		"  and users.disabled_at is null\n"
		"returning sessions.id, sessions.user_id, sessions.counter, sessions.ends_at,\n"
		"  case when users.verified_at is null then '' else users.email_key end as confirmed_email,\n"
		"  users.role, users.token_version",
	.params = session_rotate_params,
	.param_count = 5,
	.columns = session_rotate_columns,
	.column_count = 7,
	.row_size = sizeof(struct refreshed_row),
	.write = true,
};

enum err session_rotate(struct db *db, const struct session_rotate *in, struct refreshed_row *row)
{
	return db_one(db, &session_rotate_statement, in, row);
}

static const struct db_column session_refreshed_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_refreshed, id) },
	{ .name = "counter", .kind = KIND_I32, .offset = offsetof(struct session_refreshed, counter) },
	{ .name = "grace_us", .kind = KIND_I64, .offset = offsetof(struct session_refreshed, grace_us) },
	{ .name = "cookie", .kind = KIND_BOOL, .offset = offsetof(struct session_refreshed, cookie) },
	{ .name = "idle_us", .kind = KIND_I64, .offset = offsetof(struct session_refreshed, idle_us) },
};

static const struct db_column session_refreshed_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct refreshed_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct refreshed_row, user_id) },
	{ .name = "counter", .kind = KIND_I32, .offset = offsetof(struct refreshed_row, counter) },
	{ .name = "ends_at", .kind = KIND_INSTANT, .offset = offsetof(struct refreshed_row, ends_at) },
	{ .name = "confirmed_email", .kind = KIND_STR, .offset = offsetof(struct refreshed_row, confirmed_email) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct refreshed_row, role), .words = &user_role_vocabulary },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct refreshed_row, token_version) },
};

const struct db_statement session_refreshed_statement = {
	.name = "session_refreshed",
	.sql =
		"select sessions.id, sessions.user_id, sessions.counter, sessions.ends_at,\n"
		"  case when users.verified_at is null then '' else users.email_key end as confirmed_email,\n"
		"  users.role, users.token_version\n"
		"from sessions\n"
		"join users on users.id = sessions.user_id\n"
		"where sessions.id = $1::uuid\n"
		"  and sessions.counter = $2::integer + 1\n"
		"  and sessions.rotated_at > now() - $3::bigint * interval '1 microsecond'\n"
		"  and sessions.cookie = $4\n"
		"  and sessions.idle_until > now()\n"
		"  and sessions.last_used_at > now() - $5::bigint * interval '1 microsecond'\n"
		"  and users.disabled_at is null",
	.params = session_refreshed_params,
	.param_count = 5,
	.columns = session_refreshed_columns,
	.column_count = 7,
	.row_size = sizeof(struct refreshed_row),
	.write = false,
};

enum err session_refreshed(struct db *db, const struct session_refreshed *in, struct refreshed_row *row)
{
	return db_one(db, &session_refreshed_statement, in, row);
}

static const struct db_column session_reused_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_reused, id) },
	{ .name = "counter", .kind = KIND_I32, .offset = offsetof(struct session_reused, counter) },
};

static const struct db_column session_reused_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct stolen_session_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct stolen_session_row, user_id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct stolen_session_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct stolen_session_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct stolen_session_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct stolen_session_row, verified) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct stolen_session_row, address) },
	{ .name = "user_agent", .kind = KIND_STR, .offset = offsetof(struct stolen_session_row, user_agent) },
};

const struct db_statement session_reused_statement = {
	.name = "session_reused",
	.sql =
		"delete from sessions\n"
		"using users\n"
		"where sessions.id = $1::uuid\n"
		"  and sessions.counter > $2::integer\n"
		"  and users.id = sessions.user_id\n"
		"returning sessions.id, users.id as user_id, users.email, users.name, users.locale,\n"
		"  users.verified_at is not null as verified, sessions.address, sessions.user_agent",
	.params = session_reused_params,
	.param_count = 2,
	.columns = session_reused_columns,
	.column_count = 8,
	.row_size = sizeof(struct stolen_session_row),
	.write = true,
};

enum err session_reused(struct db *db, const struct session_reused *in, struct stolen_session_row *row)
{
	return db_one(db, &session_reused_statement, in, row);
}

static const struct db_column session_fresh_params[] = {
	{ .name = "fresh_us", .kind = KIND_I64, .offset = offsetof(struct session_fresh, fresh_us) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_fresh, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_fresh, user_id) },
};

static const struct db_column session_fresh_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct fresh_session_row, id) },
	{ .name = "fresh", .kind = KIND_BOOL, .offset = offsetof(struct fresh_session_row, fresh) },
};

const struct db_statement session_fresh_statement = {
	.name = "session_fresh",
	.sql =
		"select id, coalesce(proved_at > now() - $1::bigint * interval '1 microsecond', false) as fresh\n"
		"from sessions\n"
		"where id = $2::uuid\n"
		"  and user_id = $3::uuid",
	.params = session_fresh_params,
	.param_count = 3,
	.columns = session_fresh_columns,
	.column_count = 2,
	.row_size = sizeof(struct fresh_session_row),
	.write = false,
};

enum err session_fresh(struct db *db, const struct session_fresh *in, struct fresh_session_row *row)
{
	return db_one(db, &session_fresh_statement, in, row);
}

static const struct db_column session_prove_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_prove, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_prove, user_id) },
	{ .name = "fresh_us", .kind = KIND_I64, .offset = offsetof(struct session_prove, fresh_us) },
};

static const struct db_column session_prove_columns[] = {
	{ .name = "fresh_until", .kind = KIND_INSTANT, .offset = offsetof(struct proved_session_row, fresh_until) },
};

const struct db_statement session_prove_statement = {
	.name = "session_prove",
	.sql =
		"update sessions\n"
		"set proved_at = now()\n"
		"where id = $1::uuid\n"
		"  and user_id = $2::uuid\n"
		"returning proved_at + $3::bigint * interval '1 microsecond' as fresh_until",
	.params = session_prove_params,
	.param_count = 3,
	.columns = session_prove_columns,
	.column_count = 1,
	.row_size = sizeof(struct proved_session_row),
	.write = true,
};

enum err session_prove(struct db *db, const struct session_prove *in, struct proved_session_row *row)
{
	return db_one(db, &session_prove_statement, in, row);
}

static const struct db_column session_page_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_page, user_id) },
	{ .name = "idle_us", .kind = KIND_I64, .offset = offsetof(struct session_page, idle_us) },
};

static const struct db_column session_page_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_row, id) },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct session_row, created_at) },
	{ .name = "last_used_at", .kind = KIND_INSTANT, .offset = offsetof(struct session_row, last_used_at) },
	{ .name = "ends_at", .kind = KIND_INSTANT, .offset = offsetof(struct session_row, ends_at) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct session_row, address) },
	{ .name = "user_agent", .kind = KIND_STR, .offset = offsetof(struct session_row, user_agent) },
};

const struct db_statement session_page_statement = {
	.name = "session_page",
	.sql =
		"select id, created_at, last_used_at, ends_at, address, user_agent\n"
		"from sessions\n"
		"where user_id = $1::uuid\n"
		"  and idle_until > now()\n"
		"  and last_used_at > now() - $2::bigint * interval '1 microsecond'\n"
		"order by id desc\n"
		"limit 200",
	.params = session_page_params,
	.param_count = 2,
	.columns = session_page_columns,
	.column_count = 6,
	.row_size = sizeof(struct session_row),
	.write = false,
};

enum err session_page(struct db *db, const struct session_page *in, struct session_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &session_page_statement, in, &all));
	*rows = (struct session_rows){ all.v, all.n };
	return OK;
}

static const struct db_column session_delete_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_delete, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_delete, user_id) },
};

static const struct db_column session_delete_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, user_id) },
};

const struct db_statement session_delete_statement = {
	.name = "session_delete",
	.sql =
		"delete from sessions\n"
		"where id = $1::uuid\n"
		"  and user_id = $2::uuid\n"
		"returning id, user_id",
	.params = session_delete_params,
	.param_count = 2,
	.columns = session_delete_columns,
	.column_count = 2,
	.row_size = sizeof(struct ended_session_row),
	.write = true,
};

enum err session_delete(struct db *db, const struct session_delete *in, struct ended_session_row *row)
{
	return db_one(db, &session_delete_statement, in, row);
}

static const struct db_column session_logout_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct session_logout, id) },
};

static const struct db_column session_logout_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, user_id) },
};

const struct db_statement session_logout_statement = {
	.name = "session_logout",
	.sql =
		"delete from sessions\n"
		"where id = $1::uuid\n"
		"returning id, user_id",
	.params = session_logout_params,
	.param_count = 1,
	.columns = session_logout_columns,
	.column_count = 2,
	.row_size = sizeof(struct ended_session_row),
	.write = true,
};

enum err session_logout(struct db *db, const struct session_logout *in, struct ended_session_row *row)
{
	return db_one(db, &session_logout_statement, in, row);
}

static const struct db_column session_delete_others_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct session_delete_others, user_id) },
	{ .name = "keep", .kind = KIND_UUID, .offset = offsetof(struct session_delete_others, keep) },
};

static const struct db_column session_delete_others_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct ended_session_row, user_id) },
};

const struct db_statement session_delete_others_statement = {
	.name = "session_delete_others",
	.sql =
		"delete from sessions\n"
		"where user_id = $1::uuid\n"
		"  and id in (\n"
		"    select id\n"
		"    from sessions\n"
		"    where user_id = $1::uuid\n"
		"      and id is distinct from $2::uuid\n"
		"    limit 1000\n"
		"  )\n"
		"returning id, user_id",
	.params = session_delete_others_params,
	.param_count = 2,
	.columns = session_delete_others_columns,
	.column_count = 2,
	.row_size = sizeof(struct ended_session_row),
	.write = true,
};

enum err session_delete_others(struct db *db, const struct session_delete_others *in, struct ended_session_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &session_delete_others_statement, in, &all));
	*rows = (struct ended_session_rows){ all.v, all.n };
	return OK;
}

const struct db_statement session_sweep_statement = {
	.name = "session_sweep",
	.sql =
		"delete from sessions\n"
		"where id in (\n"
		"  select id\n"
		"  from sessions\n"
		"  where idle_until < now()\n"
		"  order by idle_until\n"
		"  limit 100\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err session_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &session_sweep_statement, NULL, affected);
}
