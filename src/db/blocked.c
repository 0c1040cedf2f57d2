/* SPDX-License-Identifier: MIT */
#include "db/blocked.h"

#include "base/instant.h"

/* A task that waits for the one that tries. */
struct stuck {
	struct stuck *next;
	struct task *task;
	struct timer timer;
};

/*
 * The entry of a statement; NULL: the read lane takes it. Entries move, so they are looked up again
 * after each wait.
 */
static struct blocked *find(struct blocked_reads *p, const struct db_statement *s)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].s == s)
			return &p->v[i];
	return NULL;
}

/* Notes a statement as blocked. False when too many are. */
static bool note(struct blocked_reads *p, const struct db_statement *s)
{
	if (find(p, s) != NULL)
		return true;
	if (p->n == BLOCKED_MAX)
		return false;
	p->v[p->n++] = (struct blocked){ .s = s };
	return true;
}

static void on_waited(struct timer *t)
{
	task_wake(OWNER_OF(t, struct stuck, timer)->task, ERR_BUSY);
}

/*
 * Takes a waiting task off its entry's list, if it is still there: the entry itself may have moved
 * or gone meanwhile.
 */
static void forget(struct blocked_reads *p, const struct db_statement *s, const struct stuck *w)
{
	struct blocked *b = find(p, s);
	struct stuck **at = b == NULL ? NULL : &b->stuck;

	while (at != NULL && *at != NULL && *at != w)
		at = &(*at)->next;
	if (at != NULL && *at == w)
		*at = w->next;
}

/*
 * Waits for the task that tries. OK: the caller may go on; otherwise what the attempt has ended
 * with, or ERR_BUSY after lock_timeout.
 */
static enum err wait_for(struct blocked_reads *p, struct blocked *b)
{
	const struct db_statement *s = b->s;
	struct stuck w = { .next = b->stuck, .task = task_self(), .timer.fire = on_waited };

	/* w is taken off the list again before this returns. */
	/* cppcheck-suppress autoVariables */
	b->stuck = &w;
	timer_set(&w.timer, ticks_us() + p->lock_timeout_us);

	enum err e = task_park();

	timer_clear(&w.timer);
	forget(p, s, &w);
	return e;
}

/* Ends an attempt: all who wait for it go on, or are told why not. */
static void settle(struct blocked_reads *p, const struct db_statement *s, enum err e, bool free)
{
	struct blocked *b = find(p, s);

	for (struct stuck *w = b->stuck; w != NULL; w = w->next)
		task_wake(w->task, e);
	b->stuck = NULL;
	b->tried = false;
	if (free)
		*b = p->v[--p->n];
}

/* Tells the tasks that wait what the outcome of the attempt means for them. */
static void judge(struct blocked_reads *p, const struct db_statement *s, enum err e)
{
	switch (e) {
	case ERR_CANCELLED:
	case ERR_DEADLINE:
	case ERR_RETRY:
		/*
		 * An attempt that was given up says nothing about the lock: let the next task try.
		 */
		return settle(p, s, OK, false);
	case ERR_BUSY:
		return settle(p, s, e, false);
	case ERR_DB_UNAVAILABLE:
		return settle(p, s, e, true);
	default:
		/* The attempt had the lock; another failure is its own. */
		return settle(p, s, OK, true);
	}
}

/* Runs a read on a lane of its own and tells the tasks that wait for it. */
static enum err try(struct blocked_reads *p, struct blocked *b, struct job *j)
{
	struct lane *lane = NULL;

	b->tried = true;

	enum err e = lanes_acquire(p->lanes, j, &lane);

	if (e == OK) {
		e = lane_run(lane, j, j, LANE_WHOLE);
		lanes_release(lane, j);
	}
	judge(p, j->s, e);
	return e;
}

void blocked_make(struct blocked_reads *p, struct reads *reads, struct lanes *lanes,
		  int64_t lock_timeout_us)
{
	*p = (struct blocked_reads){ .reads = reads,
				     .lanes = lanes,
				     .lock_timeout_us = lock_timeout_us };
}

enum err blocked_read(struct blocked_reads *p, struct job *j)
{
	for (;;) {
		struct blocked *b = find(p, j->s);

		if (b != NULL && !b->tried)
			return try(p, b, j);
		if (b != NULL) {
			TRY(wait_for(p, b));
			continue;
		}

		enum err e = read_run(p->reads, j);

		if (e != ERR_BUSY || !j->locked || !note(p, j->s))
			return e;
	}
}
