/* SPDX-License-Identifier: MIT */
#include "db/share.h"

#include "base/instant.h"

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

static void leave(struct share *p, const struct sharer *s)
{
	strike(&p->sharers, s);
	for (size_t i = 0; i < p->lanes->n; i++)
		strike(&p->lanes->v[i].sharers, s);
	pipeline_forget(s->job);
	job_clear(s->job);
}

enum err share_run(struct share *p, struct job *j)
{
	struct sharer s = { .job = j, .timer.fire = on_waited };

	TRY(task_ended());
	if (p->lanes->out)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	append(&p->sharers, &s);
	timer_set(&s.timer, ticks_us() + p->lanes->acquire_timeout_us);

	enum err e = task_park();

	timer_clear(&s.timer);
	if (e == OK && j->done)
		return j->err;
	leave(p, &s);
	return e;
}

/*
 * The write that has waited longest, or NULL. A write that was ended, or has waited too long, and
 * is about to say so, is not carried out any more.
 */
static struct sharer *first_waiting(struct share *p)
{
	while (p->sharers != NULL && !task_waits(p->sharers->job->task))
		p->sharers = p->sharers->next;
	return p->sharers;
}

/* Whether a write waits and may have a lane. */
static bool is_due(struct share *p)
{
	return first_waiting(p) != NULL && p->sharing < p->sharing_max;
}

static void carry(struct share *p, struct lane *l)
{
	lane_take(l, &p->turn);
	lane_begin(l, &p->use, true);
	p->sharing++;
	if (!link_send_settings(&l->link))
		return;
	for (size_t n = 0; n < SHARERS_MAX && first_waiting(p) != NULL; n++) {
		struct sharer *s = p->sharers;

		p->sharers = s->next;
		timer_clear(&s->timer);
		append(&l->sharers, s);
		if (!lane_send(l, s->job))
			return;
	}
	if (link_send_sync(&l->link))
		link_flush(&l->link);
}

/* The writes that wait get the lane, once their turn among all waiters has come. */
static bool turn_granted(struct waiter *w, struct lane *l)
{
	struct share *p = OWNER_OF(w, struct share, turn);

	p->turn_queued = false;
	if (l == NULL || !is_due(p))
		return false;
	carry(p, l);
	return true;
}

void share_send(struct share *p)
{
	while (is_due(p) && !p->turn_queued) {
		struct lane *l = lanes_idle(p->lanes);

		if (l != NULL) {
			carry(p, l);
			continue;
		}
		p->turn_queued = true;
		p->turn.next = NULL;
		lanes_queue(p->lanes, &p->turn);
	}
}

/*
 * Ends a transaction: everybody is told. e: the outcome of the transaction, and so of each
 * statement that had worked; OK leaves each its own.
 */
static void settle(struct share *p, struct lane *l, enum err e)
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
	lane_end(l);
	p->sharing--;
}

/* Whether an error has nothing to do with the statement that was stopped by it. */
static bool concerns_all(enum err e)
{
	return e == ERR_BUSY || e == ERR_DEADLINE || e == ERR_DB_UNAVAILABLE ||
	       e == ERR_DB_READ_ONLY;
}

static void share_done(struct lane *l)
{
	struct share *p = OWNER_OF(l->use, struct share, use);
	enum err e = lane_outcome(l);

	settle(p, l, e == OK || concerns_all(e) ? e : ERR_RETRY);
	lanes_release(l, &p->turn);
}

static void share_lost(struct lane *l)
{
	lanes_leave(l);
	settle(OWNER_OF(l->use, struct share, use), l, ERR_DB_UNAVAILABLE);
}

void share_give_up(struct share *p)
{
	for (struct sharer *s = p->sharers; s != NULL; s = s->next) {
		s->job->done = true; /* job_begin has set its error */
		timer_clear(&s->timer);
		task_wake(s->job->task, OK);
	}
	p->sharers = NULL;
}

void share_make(struct share *p, struct lanes *lanes, size_t max)
{
	*p = (struct share){
		.lanes = lanes,
		.turn.granted = turn_granted,
		.sharing_max = max,
		.use = { .skipped = ERR_RETRY, .done = share_done, .lost = share_lost }
	};
}
