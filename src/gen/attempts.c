/* SPDX-License-Identifier: MIT */
/* Made from src/sql/attempts.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/attempts.h"

#include "gen/statements.h"

static const struct db_column attempt_count_params[] = {
	{ .name = "pair", .kind = KIND_STR, .offset = offsetof(struct attempt_count, pair) },
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct attempt_count, network) },
	{ .name = "free", .kind = KIND_I32, .offset = offsetof(struct attempt_count, free) },
	{ .name = "longest_us", .kind = KIND_I64, .offset = offsetof(struct attempt_count, longest_us) },
	{ .name = "proved", .kind = KIND_BOOL, .offset = offsetof(struct attempt_count, proved) },
	{ .name = "network_free", .kind = KIND_I32, .offset = offsetof(struct attempt_count, network_free) },
	{ .name = "account", .kind = KIND_STR, .offset = offsetof(struct attempt_count, account) },
};

static const struct db_column attempt_count_columns[] = {
	{ .name = "counted", .kind = KIND_BOOL, .offset = offsetof(struct attempt_row, counted) },
	{ .name = "failures", .kind = KIND_I32, .offset = offsetof(struct attempt_row, failures) },
	{ .name = "account_failures", .kind = KIND_I32, .offset = offsetof(struct attempt_row, account_failures) },
	{ .name = "pair_until", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_row, pair_until) },
	{ .name = "network_until", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_row, network_until) },
	{ .name = "asked_at", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_row, asked_at) },
};

const struct db_statement attempt_count_statement = {
	.name = "attempt_count",
	.sql =
		"with known as (\n"
		"  select\n"
		"    coalesce(max(blocked_until) filter (where kind = 'pair'), now()) as pair_until,\n"
		"    coalesce(max(blocked_until) filter (where kind = 'network'), now()) as network_until\n"
		"  from attempts\n"
		"  where ((kind = 'pair' and key = $1) or (kind = 'network' and key = $2))\n"
		"    and blocked_until > now()\n"
		"), pair as (\n"
		"  insert into attempts as a (kind, key, failures, forget_at, blocked_until)\n"
		"  select 'pair', $1, 1, attempt_forget_at(),\n"
		"    attempt_until(1, $3::integer, $4::bigint)\n"
		"  from known\n"
		"  where $5::boolean\n"
		"    or (known.pair_until <= now() and known.network_until <= now())\n"
		"  on conflict (kind, key) do update\n"
		"  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,\n"
		"      forget_at = excluded.forget_at,\n"
		"      blocked_until = attempt_until(\n"
		"        case when a.forget_at > now() then a.failures + 1 else 1 end, $3, $4)\n"
		"  where $5\n"
		"    or a.blocked_until <= now()\n"
		"  returning failures, blocked_until\n"
		"), network as (\n"
		"  insert into attempts as a (kind, key, failures, forget_at, blocked_until)\n"
		"  select 'network', $2, 1, attempt_forget_at(),\n"
		"    attempt_until(1, $6::integer, $4)\n"
		"  from pair\n"
		"  on conflict (kind, key) do update\n"
		"  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,\n"
		"      forget_at = excluded.forget_at,\n"
		"      blocked_until = attempt_until(\n"
		"        case when a.forget_at > now() then a.failures + 1 else 1 end, $6, $4)\n"
		"  where $5\n"
		"    or a.blocked_until <= now()\n"
		"  returning failures, blocked_until\n"
		"), account as (\n"
		"  insert into attempts as a (kind, key, failures, forget_at, blocked_until)\n"
		"  select 'account', $7, 1, attempt_forget_at(), '-infinity'\n"
		"  from network\n"
		"  on conflict (kind, key) do update\n"
		"  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,\n"
		"      forget_at = excluded.forget_at\n"
		"  returning failures\n"
		")\n"
		"select\n"
		"  exists (select from account) as counted,\n"
		"  coalesce((select failures from pair), 0) as failures,\n"
		"  coalesce((select failures from account), 0) as account_failures,\n"
		"  coalesce((select greatest(blocked_until, now()) from pair), known.pair_until) as pair_until,\n"
		"  coalesce((select greatest(blocked_until, now()) from network), known.network_until) as network_until,\n"
		"  now() as asked_at\n"
		"from known",
	.params = attempt_count_params,
	.param_count = 7,
	.columns = attempt_count_columns,
	.column_count = 6,
	.row_size = sizeof(struct attempt_row),
	.write = true,
};

enum err attempt_count(struct db *db, const struct attempt_count *in, struct attempt_row *row)
{
	return db_one(db, &attempt_count_statement, in, row);
}

static const struct db_column attempt_right_params[] = {
	{ .name = "pair", .kind = KIND_STR, .offset = offsetof(struct attempt_right, pair) },
	{ .name = "network_until", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_right, network_until) },
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct attempt_right, network) },
	{ .name = "account", .kind = KIND_STR, .offset = offsetof(struct attempt_right, account) },
};

const struct db_statement attempt_right_statement = {
	.name = "attempt_right",
	.sql =
		"with pair as (\n"
		"  delete from attempts\n"
		"  where kind = 'pair'\n"
		"    and key = $1\n"
		"  returning kind\n"
		"), network as (\n"
		"  update attempts as a\n"
		"  set failures = greatest(a.failures - 1, 0),\n"
		"      blocked_until = case when a.blocked_until = $2::timestamptz then '-infinity'\n"
		"        else a.blocked_until end\n"
		"  from (select count(*) from pair) as after\n"
		"  where a.kind = 'network'\n"
		"    and a.key = $3\n"
		"  returning a.kind\n"
		")\n"
		"delete from attempts\n"
		"using (select count(*) from network) as after\n"
		"where kind = 'account'\n"
		"  and key = $4",
	.params = attempt_right_params,
	.param_count = 4,
	.write = true,
};

enum err attempt_right(struct db *db, const struct attempt_right *in, int64_t *affected)
{
	return db_exec(db, &attempt_right_statement, in, affected);
}

static const struct db_column attempt_undo_params[] = {
	{ .name = "pair_until", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_undo, pair_until) },
	{ .name = "pair", .kind = KIND_STR, .offset = offsetof(struct attempt_undo, pair) },
	{ .name = "network_until", .kind = KIND_INSTANT, .offset = offsetof(struct attempt_undo, network_until) },
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct attempt_undo, network) },
	{ .name = "account", .kind = KIND_STR, .offset = offsetof(struct attempt_undo, account) },
};

const struct db_statement attempt_undo_statement = {
	.name = "attempt_undo",
	.sql =
		"with pair as (\n"
		"  update attempts as a\n"
		"  set failures = greatest(a.failures - 1, 0),\n"
		"      blocked_until = case when a.blocked_until = $1::timestamptz then '-infinity'\n"
		"        else a.blocked_until end\n"
		"  where a.kind = 'pair'\n"
		"    and a.key = $2\n"
		"  returning a.kind\n"
		"), network as (\n"
		"  update attempts as a\n"
		"  set failures = greatest(a.failures - 1, 0),\n"
		"      blocked_until = case when a.blocked_until = $3::timestamptz then '-infinity'\n"
		"        else a.blocked_until end\n"
		"  from (select count(*) from pair) as after\n"
		"  where a.kind = 'network'\n"
		"    and a.key = $4\n"
		"  returning a.kind\n"
		")\n"
		"update attempts as a\n"
		"set failures = greatest(a.failures - 1, 0)\n"
		"from (select count(*) from network) as after\n"
		"where a.kind = 'account'\n"
		"  and a.key = $5",
	.params = attempt_undo_params,
	.param_count = 5,
	.write = true,
};

enum err attempt_undo(struct db *db, const struct attempt_undo *in, int64_t *affected)
{
	return db_exec(db, &attempt_undo_statement, in, affected);
}

static const struct db_column attempt_clear_params[] = {
	{ .name = "pair", .kind = KIND_STR, .offset = offsetof(struct attempt_clear, pair) },
	{ .name = "account", .kind = KIND_STR, .offset = offsetof(struct attempt_clear, account) },
};

const struct db_statement attempt_clear_statement = {
	.name = "attempt_clear",
	.sql =
		"with pair as (\n"
		"  delete from attempts\n"
		"  where kind = 'pair'\n"
		"    and key = $1\n"
		"  returning kind\n"
		")\n"
		"delete from attempts\n"
		"using (select count(*) from pair) as after\n"
		"where kind = 'account'\n"
		"  and key = $2",
	.params = attempt_clear_params,
	.param_count = 2,
	.write = true,
};

enum err attempt_clear(struct db *db, const struct attempt_clear *in, int64_t *affected)
{
	return db_exec(db, &attempt_clear_statement, in, affected);
}

static const struct db_column attempt_code_params[] = {
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct attempt_code, network) },
	{ .name = "free", .kind = KIND_I32, .offset = offsetof(struct attempt_code, free) },
	{ .name = "longest_us", .kind = KIND_I64, .offset = offsetof(struct attempt_code, longest_us) },
};

static const struct db_column attempt_code_columns[] = {
	{ .name = "counted", .kind = KIND_BOOL, .offset = offsetof(struct code_attempt_row, counted) },
	{ .name = "until", .kind = KIND_INSTANT, .offset = offsetof(struct code_attempt_row, until) },
	{ .name = "asked_at", .kind = KIND_INSTANT, .offset = offsetof(struct code_attempt_row, asked_at) },
};

const struct db_statement attempt_code_statement = {
	.name = "attempt_code",
	.sql =
		"with known as (\n"
		"  select coalesce(max(blocked_until), now()) as until\n"
		"  from attempts\n"
		"  where kind = 'code'\n"
		"    and key = $1\n"
		"    and blocked_until > now()\n"
		"), counted as (\n"
		"  insert into attempts as a (kind, key, failures, forget_at, blocked_until)\n"
		"  select 'code', $1, 1, attempt_forget_at(),\n"
		"    attempt_until(1, $2::integer, $3::bigint)\n"
		"  from known\n"
		"  where known.until <= now()\n"
		"  on conflict (kind, key) do update\n"
		"  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,\n"
		"      forget_at = excluded.forget_at,\n"
		"      blocked_until = attempt_until(\n"
		"        case when a.forget_at > now() then a.failures + 1 else 1 end, $2, $3)\n"
		"  where a.blocked_until <= now()\n"
		"  returning blocked_until\n"
		")\n"
		"select\n"
		"  exists (select from counted) as counted,\n"
		"  coalesce((select greatest(blocked_until, now()) from counted), known.until) as until,\n"
		"  now() as asked_at\n"
		"from known",
	.params = attempt_code_params,
	.param_count = 3,
	.columns = attempt_code_columns,
	.column_count = 3,
	.row_size = sizeof(struct code_attempt_row),
	.write = true,
};

enum err attempt_code(struct db *db, const struct attempt_code *in, struct code_attempt_row *row)
{
	return db_one(db, &attempt_code_statement, in, row);
}

static const struct db_column attempt_mail_params[] = {
	{ .name = "network", .kind = KIND_STR, .offset = offsetof(struct attempt_mail, network) },
	{ .name = "most", .kind = KIND_I32, .offset = offsetof(struct attempt_mail, most) },
};

static const struct db_column attempt_mail_columns[] = {
	{ .name = "counted", .kind = KIND_BOOL, .offset = offsetof(struct mail_attempt_row, counted) },
	{ .name = "until", .kind = KIND_INSTANT, .offset = offsetof(struct mail_attempt_row, until) },
	{ .name = "asked_at", .kind = KIND_INSTANT, .offset = offsetof(struct mail_attempt_row, asked_at) },
};

const struct db_statement attempt_mail_statement = {
	.name = "attempt_mail",
	.sql =
		"with counted as (\n"
		"  insert into attempts as a (kind, key, failures, forget_at, blocked_until)\n"
		"  values ('mail', $1, 1, now() + interval '1 hour', '-infinity')\n"
		"  on conflict (kind, key) do update\n"
		"  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,\n"
		"      forget_at = case when a.forget_at > now() then a.forget_at else excluded.forget_at end\n"
		"  where a.forget_at <= now()\n"
		"    or a.failures < $2::integer\n"
		"  returning failures\n"
		")\n"
		"select\n"
		"  exists (select from counted) as counted,\n"
		"  coalesce((select forget_at from attempts where kind = 'mail' and key = $1), now()) as until,\n"
		"  now() as asked_at",
	.params = attempt_mail_params,
	.param_count = 2,
	.columns = attempt_mail_columns,
	.column_count = 3,
	.row_size = sizeof(struct mail_attempt_row),
	.write = true,
};

enum err attempt_mail(struct db *db, const struct attempt_mail *in, struct mail_attempt_row *row)
{
	return db_one(db, &attempt_mail_statement, in, row);
}

const struct db_statement attempt_sweep_statement = {
	.name = "attempt_sweep",
	.sql =
		"delete from attempts\n"
		"where (kind, key) in (\n"
		"  select kind, key\n"
		"  from attempts\n"
		"  where forget_at < now()\n"
		"  order by forget_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err attempt_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &attempt_sweep_statement, NULL, affected);
}
