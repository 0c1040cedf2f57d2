/* SPDX-License-Identifier: MIT */
/*
 * Writes that share a transaction. What costs most of a small write is its commit, and that a
 * process of PostgreSQL is woken for it; so what has come together while the lanes were busy goes
 * out together, up to one Sync, and is answered when that has committed. Each statement waits for
 * no row (sqlgen sees to it), so nobody waits for another's lock here. When one fails, all are
 * rolled back, and each is run again on its own.
 */
#include "base/instant.h"
#include "db/internal.h"

enum { SHARERS_MAX = 16 };

static void append(struct sharer **at, struct sharer *s)
{
	while (*at != NULL)
		at = &(*at)->next;
	s->next = NULL;
	*at = s;
}

static void strike(struct sharer **at, const struct sharer *s)
{
	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at != NULL)
		*at = s->next;
}

static void on_waited(struct timer *t)
{
	task_wake(OWNER_OF(t, struct sharer, timer)->job->task, ERR_BUSY);
}

static void leave(struct pool *p, const struct sharer *s)
{
	strike(&p->sharers, s);
	for (size_t i = 0; i < p->lane_count; i++)
		strike(&p->lanes[i].sharers, s);
	link_forget(s->job);
	job_clear(s->job);
}

enum err share_run(struct pool *p, struct job *j)
{
	struct sharer s = { .job = j, .timer.fire = on_waited };

	TRY(task_ended());
	if (p->out)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	append(&p->sharers, &s);
	timer_set(&s.timer, ticks_us() + p->o.acquire_timeout_us);

	enum err e = task_park();

	timer_clear(&s.timer);
	if (e == OK && j->done)
		return j->err;
	leave(p, &s);
	return e;
}

/*
 * The one that has waited longest, or NULL. What was ended, or has waited too long, and is about to
 * say so, is not carried out any more.
 */
static struct sharer *first_waiting(struct pool *p)
{
	while (p->sharers != NULL && !task_waits(p->sharers->job->task))
		p->sharers = p->sharers->next;
	return p->sharers;
}

/* Whether somebody waits and may have a lane. */
static bool is_due(struct pool *p)
{
	return first_waiting(p) != NULL && p->sharing < p->o.sharing;
}

static void carry(struct lane *l)
{
	struct pool *p = l->link.pool;

	lane_take(l, &p->turn);
	l->shared = l->ends = true;
	l->failed = OK;
	l->unproved = 0;
	p->sharing++;
	if (!link_send_settings(&l->link))
		return;
	for (size_t n = 0; n < SHARERS_MAX && first_waiting(p) != NULL; n++) {
		struct sharer *s = p->sharers;

		p->sharers = s->next;
		timer_clear(&s->timer);
		append(&l->sharers, s);
		l->unproved++;
		if (!link_send_job(&l->link, s->job))
			return;
	}
	if (link_send_sync(&l->link))
		link_flush(&l->link);
}

bool share_carry(struct lane *l)
{
	struct pool *p = l->link.pool;

	p->turn_queued = false;
	if (!is_due(p))
		return false;
	carry(l);
	return true;
}

void share_send(struct pool *p)
{
	while (is_due(p) && !p->turn_queued) {
		struct lane *l = lane_idle(p);

		if (l != NULL) {
			carry(l);
			continue;
		}
		p->turn_queued = true;
		p->turn.next = NULL;
		lane_queue(p, &p->turn);
	}
}

/*
 * Ends a transaction: everybody is told. e: what has become of it, which is that also of those that
 * had worked; OK leaves each its own.
 */
static void settle(struct lane *l, enum err e)
{
	for (struct sharer *s = l->sharers; s != NULL; s = s->next) {
		struct job *j = s->job;

		if (e != OK)
			job_clear(j);
		if (e != OK && (j->err == OK || j->err == ERR_RETRY))
			j->err = e;
		j->done = true;
		task_wake(j->task, OK);
	}
	l->sharers = NULL;
	l->shared = false;
	l->link.pool->sharing--;
}

/* What has nothing to do with the statement that was stopped by it. */
static bool concerns_all(enum err e)
{
	return e == ERR_BUSY || e == ERR_DEADLINE || e == ERR_DB_UNAVAILABLE ||
	       e == ERR_DB_READ_ONLY;
}

void share_done(struct lane *l)
{
	enum err e = lane_outcome(l);

	settle(l, e == OK || concerns_all(e) ? e : ERR_RETRY);
	lane_release(l, &l->link.pool->turn);
}

void share_lost(struct lane *l)
{
	l->state = LANE_CLOSED;
	l->holder = NULL;
	settle(l, ERR_DB_UNAVAILABLE);
}

void share_fail(struct pool *p)
{
	for (struct sharer *s = p->sharers; s != NULL; s = s->next) {
		s->job->done = true; /* its error is there from the start */
		timer_clear(&s->timer);
		task_wake(s->job->task, OK);
	}
	p->sharers = NULL;
	p->turn_queued = false;
}
