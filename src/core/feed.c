/* SPDX-License-Identifier: MIT */
#include "core/feed.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/log.h"
#include "core/event.h"
#include "core/keys.h"
#include "gen/events.h"
#include "gen/signing_keys.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	EACH_US = 300000, /* a revocation is known everywhere within a second, with room for a slow
			     reading */
	PATIENCE_US = 5000000,	/* for one page */
	KEYS_EACH_US = 5000000, /* see KEYRING_SETTLE_US */
	PAGE = 1000,		/* event_page's limit */
	TOLD = 500,		/* in one transaction, of what the database has lost */
	MEMORY = 1024 * 1024
};

/* Where a reading of each bucket is. */
struct marks {
	int64_t of[FEED_BUCKETS];
};

struct feed {
	struct feed_options o;
	struct arena *arena;
	struct marks cursors; /* what was read */
	char server[64];      /* which has told so */
	bool doubt;	      /* the database may have lost what was read */
	char beat[32];	      /* the newest sign of life that a standby has shown */
	bool alive;	      /* what was read is as new as now, or a standby's that follows */
	int64_t keys_at;      /* tick from which on the keys are read again; 0: never read */
	struct timer next, stale;
	bool fresh, reading, tried;
	jmp_buf out_of_memory;
};

static void on_stale(struct timer *t)
{
	struct feed *f = OWNER_OF(t, struct feed, stale);

	f->fresh = false;
	log_error("feed", "nobody knows what was revoked: tokens are refused until it can be read");
}

static bool learn(struct feed *f, const struct event_row *row)
{
	struct revocation what = { .subject = row->subject.uuid,
				   .version = row->version,
				   .expires = row->expires_at.us / 1000000 + 1,
				   .stored = true };

	return revoked_add(f->o.revoked, &what, instant_now().us / 1000000);
}

/* Numbers with a space between them, one a bucket. */
static bool read_marks(struct str text, struct marks *out)
{
	struct str part;
	size_t n = 0;

	while (str_split(&text, ' ', &part))
		if (n == FEED_BUCKETS || !str_to_i64(part, 0, INT64_MAX, &out->of[n++]))
			return false;
	return n == FEED_BUCKETS;
}

static struct str_list list_of(struct arena *a, const struct marks *m)
{
	struct str_list out = { .v = arena_new_array(a, FEED_BUCKETS, struct str),
				.n = FEED_BUCKETS };

	for (size_t i = 0; i < FEED_BUCKETS; i++)
		out.v[i] = arena_printf(a, "%lld", (long long)m->of[i]);
	return out;
}

/* Reads a page between the two, and moves the cursors behind it. The memory of the last page is
 * given back: there may be many. */
static enum err read_page(struct feed *f, const struct marks *heads, bool *more)
{
	struct event_page in;
	struct event_rows page = { 0 };

	arena_reset(f->arena);
	in = (struct event_page){ .cursors = list_of(f->arena, &f->cursors),
				  .heads = list_of(f->arena, heads) };
	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	TRY(event_page(db_open(f->o.pool, f->arena), &in, &page));
	for (size_t i = 0; i < page.n; i++) {
		if (!learn(f, &page.v[i]))
			return ERR_BUSY;
		f->cursors.of[page.v[i].bucket] = page.v[i].seq;
	}
	*more = page.n == PAGE;
	return OK;
}

/* Copies a text that is short. */
static void keep(struct str text, char *out, size_t room)
{
	size_t n = text.n < room ? text.n : room - 1;

	memcpy(out, text.p, n);
	out[n] = '\0';
}

/* Whether a bucket's mark is higher in a than in b. */
static bool any_beyond(const struct marks *a, const struct marks *b)
{
	for (size_t i = 0; i < FEED_BUCKETS; i++)
		if (a->of[i] > b->of[i])
			return true;
	return false;
}

/*
 * A server that was started anew, or that took another one's place, may lack what was read: a
 * standby that was behind, or a backup. Its numbers need not tell, for they may have been given
 * again by now. So all is read again, and what is then missing there is told again.
 */
static enum err look_at(struct feed *f, const struct feed_heads_row *row, struct marks *heads)
{
	if (!read_marks(row->heads, heads)) {
		log_error("feed", "the table feed_heads has not %d rows: restore it", FEED_BUCKETS);
		return ERR_INTERNAL;
	}
	if (str_eq(row->server, str_from(f->server)) && !any_beyond(&f->cursors, heads))
		return OK;
	keep(row->server, f->server, sizeof f->server);
	f->cursors = (struct marks){ 0 };
	f->doubt = true;
	revoked_doubt(f->o.revoked);
	return OK;
}

/* Tells a part of what only this worker remembers; *n: of how much. */
static enum err tell_some(struct feed *f, size_t *n)
{
	int64_t now = instant_now().us / 1000000;
	struct revocation *lost;
	struct db *db;

	arena_reset(f->arena);
	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	lost = arena_new_array(f->arena, TOLD, struct revocation);
	*n = revoked_unstored(f->o.revoked, lost, TOLD, now);
	if (*n == 0)
		return OK;
	db = db_open(f->o.pool, f->arena);
	TRY(db_begin(db));
	TRY(db_finish(db, event_tell(db, f->arena, event_bucket(lost[0].subject), lost, *n)));
	for (size_t i = 0; i < *n; i++) {
		lost[i].stored = true;
		revoked_add(f->o.revoked, &lost[i], now);
	}
	return OK;
}

static enum err tell_again(struct feed *f)
{
	size_t n = TOLD, all = 0;

	for (; n == TOLD; all += n)
		TRY(tell_some(f, &n));
	f->doubt = false;
	if (all > 0)
		log_warn("feed", "the database has gone back: %zu revocations are told it again",
			 all);
	return OK;
}

/*
 * Whether what is read is new: from the server that takes changes it is, from a standby only as
 * long as signs of life of that one arrive there. A first one may be of any age.
 */
static bool is_new(struct feed *f, struct str beat, bool other_server)
{
	bool first = other_server || f->beat[0] == '\0', same = str_eq(beat, str_from(f->beat));

	keep(beat, f->beat, sizeof f->beat);
	return beat.n == 0 || (!first && !same);
}

/*
 * Reads the events told since the last reading. The heads are asked for first: up to there all is
 * committed, so the cursors are moved there once that was read.
 */
static enum err read_all(struct feed *f)
{
	uint64_t mark = revoked_mark(f->o.revoked);
	struct feed_heads_row row = { 0 };
	struct marks heads;
	bool more;

	arena_reset(f->arena);
	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	TRY(feed_heads(db_open(f->o.pool, f->arena), &row));
	f->alive = is_new(f, row.beat, !str_eq(row.server, str_from(f->server)));
	TRY(look_at(f, &row, &heads));
	more = any_beyond(&heads, &f->cursors);
	while (more)
		TRY(read_page(f, &heads, &more));
	f->cursors = heads;
	revoked_passed(f->o.revoked, mark);
	return OK;
}

static enum err read_keys(struct feed *f)
{
	struct signing_key_page in = { .settle_us = KEYRING_SETTLE_US,
				       .keep_us = keys_keep(f->o.conf) };
	struct published_key_rows rows = { 0 };

	if (!keyring_asymmetric(f->o.keys) || ticks_us() < f->keys_at)
		return OK;
	arena_reset(f->arena);
	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	TRY(signing_key_page(db_open(f->o.pool, f->arena), &in, &rows));

	struct keyring_key *keys = arena_new_array(f->arena, rows.n + 1, struct keyring_key);

	for (size_t i = 0; i < rows.n; i++)
		keys[i] = (struct keyring_key){ .kid = rows.v[i].kid,
						.algorithm = rows.v[i].algorithm,
						.active = rows.v[i].active,
						.next = rows.v[i].next,
						.pem = rows.v[i].public_pem,
						.jwk = rows.v[i].public_jwk,
						.private = rows.v[i].private_key,
						.settled = rows.v[i].settled };
	if (!keyring_replace(f->o.keys, keys, rows.n))
		return ERR_INTERNAL;
	f->keys_at = ticks_us() + KEYS_EACH_US;
	return OK;
}

static void out_of_memory(void *ctx)
{
	longjmp(((struct feed *)ctx)->out_of_memory, 1);
}

static enum err read_both(struct feed *f)
{
	TRY(read_all(f));
	return read_keys(f);
}

/* What runs out of memory is done again next time; until then nothing counts as known. */
static enum err within_memory(struct feed *f, enum err (*fn)(struct feed *f))
{
	if (setjmp(f->out_of_memory) != 0)
		return ERR_BUSY;
	return fn(f);
}

static void reading(void *arg)
{
	struct feed *f = arg;
	enum err e = within_memory(f, read_both);

	f->tried = true;
	if (e == OK && f->alive) {
		f->fresh = true;
		timer_set(&f->stale, ticks_us() + f->o.conf->sessions_blind);
	}
	/* What this worker knows is as good without; a standby cannot be told anything. */
	if (e == OK && f->doubt)
		within_memory(f, tell_again);
	arena_reset(f->arena);
	f->reading = false;
}

static void on_next(struct timer *t)
{
	struct feed *f = OWNER_OF(t, struct feed, next);

	timer_set(t, ticks_us() + EACH_US);
	if (f->reading)
		return;
	f->reading = true;
	if (!task_start(reading, f))
		f->reading = false;
}

struct feed *feed_make(const struct feed_options *o)
{
	struct feed *f = calloc(1, sizeof *f);

	if (f == NULL || (f->arena = arena_make(MEMORY, out_of_memory, f)) == NULL) {
		free(f);
		return NULL;
	}
	f->o = *o;
	f->next.fire = on_next;
	f->stale.fire = on_stale;
	/* The loop starts the first reading: a task cannot be started before the loop runs. */
	timer_set(&f->next, ticks_us());
	return f;
}

const bool *feed_fresh(const struct feed *f)
{
	return &f->fresh;
}

bool feed_tried(const struct feed *f)
{
	return f->tried;
}

bool feed_stop(struct feed *f)
{
	timer_clear(&f->next);
	timer_clear(&f->stale);
	return !f->reading;
}

void feed_free(struct feed *f)
{
	if (f != NULL)
		arena_free(f->arena);
	free(f);
}
