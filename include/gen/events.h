/* SPDX-License-Identifier: MIT */
/* Made from src/sql/events.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct feed_head_row {
	int64_t seq;
};

struct feed_heads_row {
	struct str server;
	struct str heads;
	struct str beat;
};

struct event_row {
	int32_t bucket;
	int64_t seq;
	struct revoked_id subject;
	int32_t version;
	struct instant expires_at;
};

struct event_rows {
	struct event_row *v;
	size_t n;
};

struct feed_take {
	int64_t n;
	int32_t bucket;
};

/*
 * Takes the next numbers of a bucket, the last of which is seq. The head stays locked until the end of the
 * transaction, so what is told comes last in it, and under one bucket: nobody waits for long, or crosswise.
 */
enum err feed_take(struct db *db, const struct feed_take *in, struct feed_head_row *row);

struct event_insert {
	int32_t bucket;
	int64_t first;
	int64_t life_us;
	struct str_list subjects;
	struct str_list versions;
};

/*
 * Tells that access tokens are refused: of sessions (version 0), or of a user below a version; under numbers
 * that were taken, from `first` on.
 */
enum err event_insert(struct db *db, const struct event_insert *in, int64_t *affected);

/*
 * The numbers of the newest events, by bucket, and which server says so: what has been started anew, or took
 * the place of another one, may have gone back. And its newest sign of life, if that is a standby's; empty
 * otherwise.
 */
enum err feed_heads(struct db *db, struct feed_heads_row *row);

struct feed_beat {
	bool standbys;
};

/*
 * A sign of life for standbys, where there are any, unless somebody else has just given one.
 */
enum err feed_beat(struct db *db, const struct feed_beat *in, int64_t *affected);

struct event_page {
	struct str_list cursors;
	struct str_list heads;
};

/*
 * What is behind the cursors of the buckets, of which there is one each, and not beyond the heads.
 */
enum err event_page(struct db *db, const struct event_page *in, struct event_rows *rows);

/*
 * Forgets what nobody has to know of any more.
 */
enum err event_sweep(struct db *db, int64_t *affected);
