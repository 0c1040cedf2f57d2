/* SPDX-License-Identifier: MIT */
/* Made from src/sql/outbox.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/outbox.h"

#include "gen/statements.h"

static const struct db_column outbox_insert_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct outbox_insert, id) },
	{ .name = "template", .kind = KIND_ENUM, .offset = offsetof(struct outbox_insert, template), .words = &mail_kind_vocabulary },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct outbox_insert, locale) },
	{ .name = "recipient", .kind = KIND_STR, .offset = offsetof(struct outbox_insert, recipient) },
	{ .name = "proof_id", .kind = KIND_UUID, .offset = offsetof(struct outbox_insert, proof_id) },
	{ .name = "words", .kind = KIND_STR, .offset = offsetof(struct outbox_insert, words) },
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct outbox_insert, state), .words = &mail_state_vocabulary },
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct outbox_insert, life_us) },
};

const struct db_statement outbox_insert_statement = {
	.name = "outbox_insert",
	.sql =
		"insert into outbox (id, template, locale, recipient, proof_id, words, state, expires_at)\n"
		"values ($1::uuid, $2::text, $3, $4, $5::uuid, $6, $7::text,\n"
		"  now() + $8::bigint * interval '1 microsecond')",
	.params = outbox_insert_params,
	.param_count = 8,
	.write = true,
};

enum err outbox_insert(struct db *db, const struct outbox_insert *in, int64_t *affected)
{
	return db_exec(db, &outbox_insert_statement, in, affected);
}

static const struct db_column outbox_insert_notice_params[] = {
	{ .name = "mailbox", .kind = KIND_UUID, .offset = offsetof(struct outbox_insert_notice, mailbox) },
	{ .name = "hour_most", .kind = KIND_I64, .offset = offsetof(struct outbox_insert_notice, hour_most) },
	{ .name = "day_most", .kind = KIND_I64, .offset = offsetof(struct outbox_insert_notice, day_most) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct outbox_insert_notice, id) },
	{ .name = "summary", .kind = KIND_ENUM, .offset = offsetof(struct outbox_insert_notice, summary), .words = &mail_kind_vocabulary },
	{ .name = "template", .kind = KIND_ENUM, .offset = offsetof(struct outbox_insert_notice, template), .words = &mail_kind_vocabulary },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct outbox_insert_notice, locale) },
	{ .name = "recipient", .kind = KIND_STR, .offset = offsetof(struct outbox_insert_notice, recipient) },
	{ .name = "words", .kind = KIND_STR, .offset = offsetof(struct outbox_insert_notice, words) },
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct outbox_insert_notice, life_us) },
};

const struct db_statement outbox_insert_notice_statement = {
	.name = "outbox_insert_notice",
	.sql =
		"with budget as (\n"
		"  insert into mail_budgets as b (mailbox, sort, hour_until, hour_mails, day_until, day_mails)\n"
		"  values ($1::uuid, 'notice', now() + interval '1 hour', 1, now() + interval '1 day', 1)\n"
		"  on conflict (mailbox, sort) do update\n"
		"  set hour_until = case when b.hour_until > now() then b.hour_until else excluded.hour_until end,\n"
		"      hour_mails = case when b.hour_until > now() then b.hour_mails + 1 else 1 end,\n"
		"      day_until = case when b.day_until > now() then b.day_until else excluded.day_until end,\n"
		"      day_mails = case when b.day_until > now() then b.day_mails + 1 else 1 end\n"
		"  returning\n"
		"    hour_mails <= $2::bigint and day_mails <= $3::bigint as room,\n"
		"    hour_mails = $2 or day_mails = $3 as last\n"
		")\n"
		"insert into outbox (id, template, locale, recipient, words, state, expires_at)\n"
		"select $4::uuid, case when last then $5::text else $6::text end, $7, $8, $9, 'queued',\n"
		"  now() + $10::bigint * interval '1 microsecond'\n"
		"from budget\n"
		"where room",
	.params = outbox_insert_notice_params,
	.param_count = 10,
	.write = true,
};

enum err outbox_insert_notice(struct db *db, const struct outbox_insert_notice *in, int64_t *affected)
{
	return db_exec(db, &outbox_insert_notice_statement, in, affected);
}

static const struct db_column outbox_claim_params[] = {
	{ .name = "lease_us", .kind = KIND_I64, .offset = offsetof(struct outbox_claim, lease_us) },
};

static const struct db_column outbox_claim_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct letter_row, id) },
	{ .name = "template", .kind = KIND_ENUM, .offset = offsetof(struct letter_row, template), .words = &mail_kind_vocabulary },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct letter_row, locale) },
	{ .name = "recipient", .kind = KIND_STR, .offset = offsetof(struct letter_row, recipient) },
	{ .name = "proof_id", .kind = KIND_UUID, .offset = offsetof(struct letter_row, proof_id) },
	{ .name = "words", .kind = KIND_STR, .offset = offsetof(struct letter_row, words) },
	{ .name = "attempts", .kind = KIND_I32, .offset = offsetof(struct letter_row, attempts) },
	{ .name = "kind", .kind = KIND_ENUM, .offset = offsetof(struct letter_row, kind), .words = &proof_kind_vocabulary },
	{ .name = "good", .kind = KIND_BOOL, .offset = offsetof(struct letter_row, good) },
	{ .name = "code_us", .kind = KIND_I64, .offset = offsetof(struct letter_row, code_us) },
	{ .name = "link_us", .kind = KIND_I64, .offset = offsetof(struct letter_row, link_us) },
};

const struct db_statement outbox_claim_statement = {
	.name = "outbox_claim",
	.sql =
		"with due as (\n"
		"  select id\n"
		"  from outbox\n"
		"  where state = 'queued'\n"
		"    and not_before <= now()\n"
		"    and (locked_until is null or locked_until < now())\n"
		"    and expires_at > now()\n"
		"  order by not_before\n"
		"  limit 1\n"
		"  for update skip locked\n"
		"), held as (\n"
		"  update outbox\n"
		"  set locked_until = now() + $1::bigint * interval '1 microsecond',\n"
		"      attempts = outbox.attempts + 1\n"
		"  from due\n"
		"  where outbox.id = due.id\n"
		"  returning outbox.id, outbox.template, outbox.locale, outbox.recipient, outbox.proof_id,\n"
		"    outbox.words, outbox.attempts\n"
		")\n"
		"select held.id, held.template, held.locale, held.recipient, held.proof_id, held.words,\n"
		"  coalesce(held.attempts, 0) as attempts,\n"
		"  proofs.kind,\n"
		"  coalesce(proofs.used_at is null and proofs.link_until > now(), false) as good,\n"
		"  coalesce(extract(epoch from proofs.code_until - now()) * 1000000, 0)::bigint as code_us,\n"
		"  coalesce(extract(epoch from proofs.link_until - now()) * 1000000, 0)::bigint as link_us\n"
		"from held\n"
		"left join proofs on proofs.id = held.proof_id",
	.params = outbox_claim_params,
	.param_count = 1,
	.columns = outbox_claim_columns,
	.column_count = 11,
	.row_size = sizeof(struct letter_row),
	.write = true,
};

enum err outbox_claim(struct db *db, const struct outbox_claim *in, struct letter_row *row)
{
	return db_one(db, &outbox_claim_statement, in, row);
}

static const struct db_column outbox_finish_params[] = {
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct outbox_finish, state), .words = &mail_state_vocabulary },
	{ .name = "reply", .kind = KIND_STR, .offset = offsetof(struct outbox_finish, reply) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct outbox_finish, id) },
};

const struct db_statement outbox_finish_statement = {
	.name = "outbox_finish",
	.sql =
		"update outbox\n"
		"set state = $1::text,\n"
		"    reply = $2,\n"
		"    finished_at = now(),\n"
		"    locked_until = null\n"
		"where id = $3::uuid\n"
		"  and state = 'queued'",
	.params = outbox_finish_params,
	.param_count = 3,
	.write = true,
};

enum err outbox_finish(struct db *db, const struct outbox_finish *in, int64_t *affected)
{
	return db_exec(db, &outbox_finish_statement, in, affected);
}

static const struct db_column outbox_later_params[] = {
	{ .name = "reply", .kind = KIND_STR, .offset = offsetof(struct outbox_later, reply) },
	{ .name = "attempts", .kind = KIND_I32, .offset = offsetof(struct outbox_later, attempts) },
	{ .name = "wait_us", .kind = KIND_I64, .offset = offsetof(struct outbox_later, wait_us) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct outbox_later, id) },
};

const struct db_statement outbox_later_statement = {
	.name = "outbox_later",
	.sql =
		"update outbox\n"
		"set reply = $1,\n"
		"    attempts = $2::integer,\n"
		"    not_before = now() + $3::bigint * interval '1 microsecond',\n"
		"    locked_until = null\n"
		"where id = $4::uuid\n"
		"  and state = 'queued'",
	.params = outbox_later_params,
	.param_count = 4,
	.write = true,
};

enum err outbox_later(struct db *db, const struct outbox_later *in, int64_t *affected)
{
	return db_exec(db, &outbox_later_statement, in, affected);
}

const struct db_statement outbox_expire_statement = {
	.name = "outbox_expire",
	.sql =
		"update outbox\n"
		"set state = 'dead',\n"
		"    reply = 'not sent in time' || coalesce('; ' || reply, ''),\n"
		"    finished_at = now(),\n"
		"    locked_until = null\n"
		"where id in (\n"
		"  select id\n"
		"  from outbox\n"
		"  where state = 'queued'\n"
		"    and expires_at <= now()\n"
		"    and (locked_until is null or locked_until < now())\n"
		"  order by expires_at\n"
		"  limit 100\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err outbox_expire(struct db *db, int64_t *affected)
{
	return db_exec(db, &outbox_expire_statement, NULL, affected);
}

static const struct db_column outbox_page_params[] = {
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct outbox_page, state), .words = &mail_state_vocabulary },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct outbox_page, limit) },
};

static const struct db_column outbox_page_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct mail_row, id) },
	{ .name = "state", .kind = KIND_ENUM, .offset = offsetof(struct mail_row, state), .words = &mail_state_vocabulary },
	{ .name = "template", .kind = KIND_STR, .offset = offsetof(struct mail_row, template) },
	{ .name = "recipient", .kind = KIND_STR, .offset = offsetof(struct mail_row, recipient) },
	{ .name = "attempts", .kind = KIND_I32, .offset = offsetof(struct mail_row, attempts) },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct mail_row, created_at) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct mail_row, at) },
	{ .name = "reply", .kind = KIND_STR, .offset = offsetof(struct mail_row, reply) },
};

const struct db_statement outbox_page_statement = {
	.name = "outbox_page",
	.sql =
		"select id, state, template::text as template, recipient, attempts, created_at,\n"
		"  coalesce(finished_at, not_before) as at,\n"
		"  coalesce(reply, '') as reply\n"
		"from outbox\n"
		"where $1::text is null\n"
		"  or state = $1::text\n"
		"order by id desc\n"
		"limit $2::integer",
	.params = outbox_page_params,
	.param_count = 2,
	.columns = outbox_page_columns,
	.column_count = 8,
	.row_size = sizeof(struct mail_row),
	.write = false,
};

enum err outbox_page(struct db *db, const struct outbox_page *in, struct mail_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &outbox_page_statement, in, &all));
	*rows = (struct mail_rows){ all.v, all.n };
	return OK;
}

static const struct db_column outbox_retry_params[] = {
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct outbox_retry, life_us) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct outbox_retry, id) },
};

const struct db_statement outbox_retry_statement = {
	.name = "outbox_retry",
	.sql =
		"update outbox\n"
		"set state = 'queued',\n"
		"    attempts = 0,\n"
		"    not_before = now(),\n"
		"    locked_until = null,\n"
		"    finished_at = null,\n"
		"    expires_at = greatest(expires_at, now() + $1::bigint * interval '1 microsecond')\n"
		"where id = $2::uuid\n"
		"  and state in ('dead', 'queued')\n"
		"  and (locked_until is null or locked_until < now())",
	.params = outbox_retry_params,
	.param_count = 2,
	.write = true,
};

enum err outbox_retry(struct db *db, const struct outbox_retry *in, int64_t *affected)
{
	return db_exec(db, &outbox_retry_statement, in, affected);
}

static const struct db_column outbox_retry_dead_params[] = {
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct outbox_retry_dead, life_us) },
};

const struct db_statement outbox_retry_dead_statement = {
	.name = "outbox_retry_dead",
	.sql =
		"update outbox\n"
		"set state = 'queued',\n"
		"    attempts = 0,\n"
		"    not_before = now(),\n"
		"    locked_until = null,\n"
		"    finished_at = null,\n"
		"    expires_at = greatest(expires_at, now() + $1::bigint * interval '1 microsecond')\n"
		"where id in (\n"
		"  select id\n"
		"  from outbox\n"
		"  where state = 'dead'\n"
		"  order by id\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.params = outbox_retry_dead_params,
	.param_count = 1,
	.write = true,
};

enum err outbox_retry_dead(struct db *db, const struct outbox_retry_dead *in, int64_t *affected)
{
	return db_exec(db, &outbox_retry_dead_statement, in, affected);
}

const struct db_statement outbox_sweep_statement = {
	.name = "outbox_sweep",
	.sql =
		"delete from outbox\n"
		"where id in (\n"
		"  select id\n"
		"  from outbox\n"
		"  where finished_at < now() - interval '7 days'\n"
		"  order by finished_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err outbox_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &outbox_sweep_statement, NULL, affected);
}

const struct db_statement outbox_sweep_void_statement = {
	.name = "outbox_sweep_void",
	.sql =
		"delete from outbox\n"
		"where id in (\n"
		"  select id\n"
		"  from outbox\n"
		"  where state = 'void'\n"
		"    and created_at < now() - interval '1 hour'\n"
		"  order by created_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err outbox_sweep_void(struct db *db, int64_t *affected)
{
	return db_exec(db, &outbox_sweep_void_statement, NULL, affected);
}
