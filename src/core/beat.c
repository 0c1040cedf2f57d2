/* SPDX-License-Identifier: MIT */
#include "core/beat.h"

#include <stdlib.h>

#include "base/instant.h"
#include "gen/events.h"
#include "task/loop.h"
#include "task/task.h"

enum { EACH_US = 1000000, MEMORY = 16 * 1024 };

struct beat {
	struct pool *pool;
	struct arena *arena;
	struct timer next;
	bool beating;
};

/* Where it fails nobody takes changes, which the log says already. */
static void beating(void *arg)
{
	struct beat *b = arg;
	struct feed_beat in = { .standbys = pool_has_standbys(b->pool) };

	task_deadline(task_self(), ticks_us() + EACH_US);
	feed_beat(db_open(b->pool, b->arena), &in, NULL);
	arena_reset(b->arena);
	b->beating = false;
}

static void on_next(struct timer *t)
{
	struct beat *b = OWNER_OF(t, struct beat, next);

	timer_set(t, ticks_us() + EACH_US);
	if (b->beating)
		return;
	/* The task may have ended when it has been started. */
	b->beating = true;
	if (!task_start(beating, b))
		b->beating = false;
}

struct beat *beat_make(struct pool *pool)
{
	struct beat *b = calloc(1, sizeof *b);

	if (b == NULL || (b->arena = arena_make(MEMORY, NULL, NULL)) == NULL) {
		free(b);
		return NULL;
	}
	b->pool = pool;
	b->next.fire = on_next;
	timer_set(&b->next, ticks_us());
	return b;
}

bool beat_stop(struct beat *b)
{
	timer_clear(&b->next);
	return !b->beating;
}

void beat_free(struct beat *b)
{
	if (b != NULL)
		arena_free(b->arena);
	free(b);
}
