/* SPDX-License-Identifier: MIT */
/* Made from src/sql/events.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/events.h"

#include "gen/statements.h"

static const struct db_column feed_take_params[] = {
	{ .name = "n", .kind = KIND_I64, .offset = offsetof(struct feed_take, n) },
	{ .name = "bucket", .kind = KIND_I32, .offset = offsetof(struct feed_take, bucket) },
};

static const struct db_column feed_take_columns[] = {
	{ .name = "seq", .kind = KIND_I64, .offset = offsetof(struct feed_head_row, seq) },
};

const struct db_statement feed_take_statement = {
	.name = "feed_take",
	.sql =
		"update feed_heads\n"
		"set seq = seq + $1::bigint\n"
		"where bucket = $2\n"
		"returning seq",
	.params = feed_take_params,
	.param_count = 2,
	.columns = feed_take_columns,
	.column_count = 1,
	.row_size = sizeof(struct feed_head_row),
	.write = true,
};

enum err feed_take(struct db *db, const struct feed_take *in, struct feed_head_row *row)
{
	return db_one(db, &feed_take_statement, in, row);
}

static const struct db_column event_insert_params[] = {
	{ .name = "bucket", .kind = KIND_I32, .offset = offsetof(struct event_insert, bucket) },
	{ .name = "first", .kind = KIND_I64, .offset = offsetof(struct event_insert, first) },
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct event_insert, life_us) },
	{ .name = "subjects", .kind = KIND_LIST, .offset = offsetof(struct event_insert, subjects) },
	{ .name = "versions", .kind = KIND_LIST, .offset = offsetof(struct event_insert, versions) },
};

const struct db_statement event_insert_statement = {
	.name = "event_insert",
	.sql =
		"insert into events (bucket, seq, type, subject, version, expires_at)\n"
		"select $1::integer, $2::bigint + told.n - 1,\n"
		"  case told.version when '0' then 'session.revoked' else 'user.revoked' end,\n"
		"  told.subject::uuid, told.version::integer, now() + $3::bigint * interval '1 microsecond'\n"
		"from unnest($4::text[], $5::text[]) with ordinality as told (subject, version, n)",
	.params = event_insert_params,
	.param_count = 5,
	.write = true,
};

enum err event_insert(struct db *db, const struct event_insert *in, int64_t *affected)
{
	return db_exec(db, &event_insert_statement, in, affected);
}

static const struct db_column feed_heads_columns[] = {
	{ .name = "server", .kind = KIND_STR, .offset = offsetof(struct feed_heads_row, server) },
	{ .name = "heads", .kind = KIND_STR, .offset = offsetof(struct feed_heads_row, heads) },
	{ .name = "beat", .kind = KIND_STR, .offset = offsetof(struct feed_heads_row, beat) },
};

const struct db_statement feed_heads_statement = {
	.name = "feed_heads",
	.sql =
		"select coalesce(pg_postmaster_start_time()::text || ' ' || 'events'::regclass::oid::text, '') as server,\n"
		"  coalesce(string_agg(seq::text, ' ' order by bucket), '') as heads,\n"
		"  coalesce((select extract(epoch from at)::text from feed_beat where pg_is_in_recovery()), '') as beat\n"
		"from feed_heads",
	.columns = feed_heads_columns,
	.column_count = 3,
	.row_size = sizeof(struct feed_heads_row),
	.write = false,
};

enum err feed_heads(struct db *db, struct feed_heads_row *row)
{
	return db_one(db, &feed_heads_statement, NULL, row);
}

static const struct db_column feed_beat_params[] = {
	{ .name = "standbys", .kind = KIND_BOOL, .offset = offsetof(struct feed_beat, standbys) },
};

const struct db_statement feed_beat_statement = {
	.name = "feed_beat",
	.sql =
		"update feed_beat\n"
		"set at = now()\n"
		"where single\n"
		"  and at not between now() - interval '500 milliseconds' and now()\n"
		"  and ($1::boolean or exists (select from pg_stat_replication))",
	.params = feed_beat_params,
	.param_count = 1,
	.write = true,
};

enum err feed_beat(struct db *db, const struct feed_beat *in, int64_t *affected)
{
	return db_exec(db, &feed_beat_statement, in, affected);
}

static const struct db_column event_page_params[] = {
	{ .name = "cursors", .kind = KIND_LIST, .offset = offsetof(struct event_page, cursors) },
	{ .name = "heads", .kind = KIND_LIST, .offset = offsetof(struct event_page, heads) },
};

static const struct db_column event_page_columns[] = {
	{ .name = "bucket", .kind = KIND_I32, .offset = offsetof(struct event_row, bucket) },
	{ .name = "seq", .kind = KIND_I64, .offset = offsetof(struct event_row, seq) },
	{ .name = "subject", .kind = KIND_UUID, .offset = offsetof(struct event_row, subject) },
	{ .name = "version", .kind = KIND_I32, .offset = offsetof(struct event_row, version) },
	{ .name = "expires_at", .kind = KIND_INSTANT, .offset = offsetof(struct event_row, expires_at) },
};

const struct db_statement event_page_statement = {
	.name = "event_page",
	.sql =
		"select events.bucket, events.seq, events.subject, events.version, events.expires_at\n"
		"from unnest($1::text[], $2::text[]) with ordinality as mark (cursor, head, n)\n"
		"join events on events.bucket = mark.n - 1\n"
		"  and events.seq > mark.cursor::bigint\n"
		"  and events.seq <= mark.head::bigint\n"
		"order by events.bucket, events.seq\n"
		"limit 1000",
	.params = event_page_params,
	.param_count = 2,
	.columns = event_page_columns,
	.column_count = 5,
	.row_size = sizeof(struct event_row),
	.write = false,
};

enum err event_page(struct db *db, const struct event_page *in, struct event_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &event_page_statement, in, &all));
	*rows = (struct event_rows){ all.v, all.n };
	return OK;
}

const struct db_statement event_sweep_statement = {
	.name = "event_sweep",
	.sql =
		"delete from events\n"
		"where (bucket, seq) in (\n"
		"  select bucket, seq\n"
		"  from events\n"
		"  where expires_at < now() - interval '1 minute'\n"
		"  order by expires_at\n"
		"  limit 1000\n"
		")",
	.write = true,
};

enum err event_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &event_sweep_statement, NULL, affected);
}
