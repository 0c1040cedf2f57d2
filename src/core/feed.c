/* SPDX-License-Identifier: MIT */
#include "core/feed.h"

#include <setjmp.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "core/keys.h"
#include "gen/revocations.h"
#include "gen/signing_keys.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	EACH_US = 300000, /* a revocation is known everywhere within a second, with room for a slow
			     reading */
	PATIENCE_US = 5000000,	/* for one page */
	KEYS_EACH_US = 5000000, /* see KEYRING_SETTLE_US */
	PAGE = 1000,		/* revocation_page's limit */
	MEMORY = 1024 * 1024
};

struct feed {
	struct feed_options o;
	struct arena *arena;
	int64_t from;	 /* revocations of this transaction and those before it were read */
	int64_t keys_at; /* tick from which on the keys are read again; 0: never read */
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

static bool learn(struct feed *f, const struct revocation_row *row)
{
	struct revocation what = { .subject = row->subject.uuid,
				   .version = row->version,
				   .expires = row->expires_at.us / 1000000 + 1 };

	return revoked_add(f->o.revoked, &what, instant_now().us / 1000000);
}

/* Reads a page from *at on, which moves behind it. The memory of the last page is given back: there
 * may be many. */
static enum err read_page(struct feed *f, struct revocation_page *at, bool *more)
{
	struct revocation_rows page = { 0 };

	arena_reset(f->arena);
	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	TRY(revocation_page(db_open(f->o.pool, f->arena), at, &page));
	for (size_t i = 0; i < page.n; i++)
		if (!learn(f, &page.v[i]))
			return ERR_BUSY;
	*more = page.n == PAGE;
	if (page.n > 0) {
		at->xact = page.v[page.n - 1].xact;
		at->subject = page.v[page.n - 1].subject;
	}
	return OK;
}

/*
 * Reads the revocations written since the last reading. The horizon is asked for first: one that
 * commits between the two questions is read twice, never not at all.
 */
static enum err read_all(struct feed *f)
{
	uint64_t mark = revoked_mark(f->o.revoked);
	struct horizon_row horizon = { 0 };
	struct revocation_page at = { .xact = f->from };
	bool more = true;

	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	TRY(revocation_horizon(db_open(f->o.pool, f->arena), &horizon));
	/* Another database, or an older copy of it, is read from the beginning. */
	if (horizon.xact - 1 < f->from)
		at.xact = 0;
	while (more)
		TRY(read_page(f, &at, &more));
	f->from = horizon.xact - 1;
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

/* A reading that runs out of memory is done again next time; until then nothing counts as known. */
static enum err read_both(struct feed *f)
{
	if (setjmp(f->out_of_memory) != 0)
		return ERR_BUSY;
	TRY(read_all(f));
	return read_keys(f);
}

static void reading(void *arg)
{
	struct feed *f = arg;
	enum err e = read_both(f);

	arena_reset(f->arena);
	f->reading = false;
	f->tried = true;
	if (e != OK)
		return;
	f->fresh = true;
	timer_set(&f->stale, ticks_us() + f->o.conf->sessions_blind);
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
