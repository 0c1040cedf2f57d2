/* SPDX-License-Identifier: MIT */
/*
 * Reads of a table that somebody else has locked. The read lane is for all, so none may stand there
 * and wait: it gives up soon, and from then on one read of that statement at a time waits on a lane
 * of its own. The others wait for how it ends.
 */
#include "base/instant.h"
#include "db/internal.h"

/* A task that waits for the one that tries. */
struct stuck {
	struct stuck *next;
	struct task *task;
	struct timer timer;
};

struct blocked *blocked_find(struct pool *p, const struct db_statement *s)
{
	for (size_t i = 0; i < p->blocked_count; i++)
		if (p->blocked[i].s == s)
			return &p->blocked[i];
	return NULL;
}

bool blocked_note(struct pool *p, const struct db_statement *s)
{
	if (blocked_find(p, s) != NULL)
		return true;
	if (p->blocked_count == BLOCKED_MAX)
		return false;
	p->blocked[p->blocked_count++] = (struct blocked){ .s = s };
	return true;
}

static void on_waited(struct timer *t)
{
	task_wake(OWNER_OF(t, struct stuck, timer)->task, ERR_BUSY);
}

/* Whether it is still in the list: the entry itself may have moved or gone meanwhile. */
static void forget(struct pool *p, const struct db_statement *s, const struct stuck *w)
{
	struct blocked *b = blocked_find(p, s);
	struct stuck **at = b == NULL ? NULL : &b->stuck;

	while (at != NULL && *at != NULL && *at != w)
		at = &(*at)->next;
	if (at != NULL && *at == w)
		*at = w->next;
}

enum err blocked_wait(struct pool *p, struct blocked *b)
{
	const struct db_statement *s = b->s;
	struct stuck w = { .next = b->stuck, .task = task_self(), .timer.fire = on_waited };

	/* Taken off the list again before this returns. */
	/* cppcheck-suppress autoVariables */
	b->stuck = &w;
	timer_set(&w.timer, ticks_us() + p->o.lock_timeout_us);

	enum err e = task_park();

	timer_clear(&w.timer);
	forget(p, s, &w);
	return e;
}

/* Ends the trying: everybody goes on, or is told why not. */
static void settle(struct pool *p, const struct db_statement *s, enum err e, bool free)
{
	struct blocked *b = blocked_find(p, s);

	for (struct stuck *w = b->stuck; w != NULL; w = w->next)
		task_wake(w->task, e);
	b->stuck = NULL;
	b->tried = false;
	if (free)
		*b = p->blocked[--p->blocked_count];
}

/* What the others learn from how it went for the one that tried. */
static void judge(struct pool *p, const struct db_statement *s, enum err e)
{
	switch (e) {
	case ERR_CANCELLED:
	case ERR_DEADLINE:
	case ERR_RETRY:
		/* One that was given up says nothing about the lock: let the next one try. */
		return settle(p, s, OK, false);
	case ERR_BUSY:
		return settle(p, s, e, false);
	case ERR_DB_UNAVAILABLE:
		return settle(p, s, e, true);
	default:
		/* It had the lock; another failure is its own. */
		return settle(p, s, OK, true);
	}
}

enum err blocked_try(struct pool *p, struct blocked *b, struct job *j)
{
	struct lane *lane = NULL;

	b->tried = true;

	enum err e = lane_acquire(p, j, &lane);

	if (e == OK) {
		e = lane_run(lane, j, j, LANE_WHOLE);
		lane_release(lane, j);
	}
	judge(p, j->s, e);
	return e;
}
