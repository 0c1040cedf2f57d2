/* SPDX-License-Identifier: MIT */
/*
 * The write lanes: connections that one task at a time has to itself, or that carry a transaction
 * of several (share.c). The first one is opened at the start, the others when they are needed, up
 * to their number; they close when they have had nothing to do for a while.
 */
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "db/internal.h"

enum {
	RESULTS_MAX = 256, /* beside those of preparing all statements, Syncs included */
	IDLE_US = 5000000
};

static void on_idle(struct timer *t)
{
	struct lane *l = OWNER_OF(t, struct lane, idle);

	l->link.wanted = false;
	link_reset(&l->link, NULL);
}

bool lanes_make(struct pool *p)
{
	p->lanes = calloc(p->o.connections - 1, sizeof *p->lanes);
	if (p->lanes == NULL)
		return false;
	p->lane_count = p->o.connections - 1;
	for (size_t i = 0; i < p->lane_count; i++) {
		struct lane *l = &p->lanes[i];

		l->idle.fire = on_idle;
		if (!link_make(&l->link, p, LINK_WRITE, RESULTS_MAX))
			return false;
	}
	return true;
}

void lanes_free(struct pool *p)
{
	for (size_t i = 0; i < p->lane_count; i++) {
		timer_clear(&p->lanes[i].idle);
		link_free(&p->lanes[i].link);
	}
	free(p->lanes);
}

/* Hands the lane to whoever has waited longest. */
static void hand_on(struct lane *l)
{
	struct pool *p = l->link.pool;
	struct waiter *w = p->waiters;

	timer_clear(&l->idle);
	l->state = LANE_IDLE;
	if (w == NULL && l != p->lanes)
		timer_set(&l->idle, ticks_us() + IDLE_US);
	if (w == NULL)
		return;
	p->waiters = w->next;
	l->state = LANE_HELD;
	if (w == &p->turn)
		return share_carry(l);
	w->lane = l;
	task_wake(w->task, OK);
}

static void queue_up(struct pool *p, struct waiter *w)
{
	struct waiter **at = &p->waiters;

	while (*at != NULL)
		at = &(*at)->next;
	*at = w;
}

static void forget_waiter(struct pool *p, struct waiter *w)
{
	struct waiter **at = &p->waiters;

	while (*at != NULL && *at != w)
		at = &(*at)->next;
	if (*at != NULL)
		*at = w->next;
}

void lanes_fail_waiters(struct pool *p)
{
	for (struct waiter *w = p->waiters; w != NULL; w = w->next)
		if (w != &p->turn)
			task_wake(w->task, ERR_DB_UNAVAILABLE);
	p->waiters = NULL;
	share_fail(p);
	for (size_t i = 0; i < p->lane_count; i++)
		p->lanes[i].link.wanted = false;
}

/* Opens one more lane, if there is one that is neither open nor opening. */
static void open_one(struct pool *p)
{
	for (size_t i = 0; i < p->lane_count; i++) {
		struct link *l = &p->lanes[i].link;

		if (p->lanes[i].state != LANE_CLOSED || l->wanted)
			continue;
		l->wanted = true;
		return link_open(l);
	}
}

void lane_queue(struct pool *p, struct waiter *w)
{
	queue_up(p, w);
	open_one(p);
}

static void on_waited(struct timer *t)
{
	task_wake(OWNER_OF(t, struct waiter, timer)->task, ERR_BUSY);
}

static enum err wait_for_lane(struct pool *p, struct lane **out)
{
	struct waiter w = { .task = task_self(), .timer.fire = on_waited };

	timer_set(&w.timer, ticks_us() + p->o.acquire_timeout_us);
	lane_queue(p, &w);

	enum err e = task_park();

	timer_clear(&w.timer);
	if (e != OK && w.lane != NULL)
		lane_release(w.lane);
	else if (e != OK)
		forget_waiter(p, &w);
	*out = w.lane;
	return e;
}

struct lane *lane_idle(struct pool *p)
{
	for (size_t i = 0; i < p->lane_count; i++)
		if (p->lanes[i].state == LANE_IDLE)
			return &p->lanes[i];
	return NULL;
}

enum err lane_acquire(struct pool *p, struct lane **out)
{
	if (p->out)
		return ERR_DB_UNAVAILABLE;

	struct lane *l = lane_idle(p);

	if (l == NULL)
		return wait_for_lane(p, out);
	l->state = LANE_HELD;
	timer_clear(&l->idle);
	*out = l;
	return OK;
}

static bool send(struct lane *l, struct job *j, bool begin)
{
	if (begin && !link_send_command(&l->link, "begin"))
		return false;
	return link_send_job(&l->link, j) && link_send_sync(&l->link);
}

enum err lane_run(struct lane *l, struct job *j, bool begin)
{
	if (l->link.state != LINK_UP)
		return ERR_DB_UNAVAILABLE;
	j->task = task_self();
	j->done = false;
	l->job = j;
	if (!send(l, j, begin)) {
		l->job = NULL;
		return ERR_DB_UNAVAILABLE;
	}
	link_flush(&l->link);

	enum err e = j->done ? OK : task_park();

	l->job = NULL;
	if (e == OK)
		return j->err;
	link_forget(j);
	job_clear(j);
	return e;
}

static void clean(struct lane *l)
{
	l->state = LANE_CLEANING;
	if (l->link.sent_count > 0)
		return; /* the answer comes first: write_synced goes on from here */
	if (link_send_command(&l->link, "rollback") && link_send_sync(&l->link))
		link_flush(&l->link);
}

void lane_release(struct lane *l)
{
	struct pool *p = l->link.pool;

	if (l->stale)
		link_reset(&l->link, "its plans are stale");
	l->stale = false;
	if (l->link.state != LINK_UP) {
		l->state = LANE_CLOSED;
		if (p->waiters != NULL)
			open_one(p);
	} else if (l->link.sent_count > 0 || PQtransactionStatus(l->link.pg) != PQTRANS_IDLE) {
		clean(l);
	} else {
		hand_on(l);
	}
}

void write_up(struct link *link)
{
	hand_on(OWNER_OF(link, struct lane, link));
}

void write_down(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	timer_clear(&l->idle);
	if (l->shared)
		share_lost(l);
	/*
	 * A lane that is held stays closed until its task gives it back: it must not be handed to
	 * another. One that nobody waits for need not come back before somebody does.
	 */
	if (l->state == LANE_HELD || link->pool->waiters == NULL) {
		link->wanted = false;
		timer_clear(&link->timer);
	}
	if (l->state != LANE_HELD)
		l->state = LANE_CLOSED;
	if (l->job != NULL) {
		/* Whether it was carried out is not known, so it is not sent again. There may be a
		 * result, and no word that it holds. */
		job_clear(l->job);
		l->job->err = ERR_DB_UNAVAILABLE;
		l->job->done = true;
		task_wake(l->job->task, OK);
	}
}

void write_result(struct link *link, struct job *j, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	ExecStatusType status = PQresultStatus(r);

	j->result = r;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		j->err = OK;
		l->stale = l->stale || link_misses(link, j->s);
		return;
	}
	j->result = NULL;
	j->err = r != NULL && l->shared ? ERR_RETRY : ERR_DB_UNAVAILABLE;
	if (r == NULL)
		return;
	if (status != PGRES_PIPELINE_ABORTED) {
		l->stale = link_stale(link, r);
		j->err = l->stale ? ERR_RETRY : link_error(j, r);
		l->failed = j->err;
	}
	PQclear(r);
}

/* The statement had worked, but was not committed. */
void write_undone(struct link *link, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	struct job *j = l->sharers != NULL ? l->sharers->job : l->job;

	if (j == NULL)
		return PQclear(r); /* its task has left */
	PQclear(j->result);
	write_result(link, j, r);
	/* Not by its own fault, or nobody knows. */
	if (l->shared)
		j->err = OK;
}

void write_synced(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	if (l->state == LANE_CLEANING)
		return lane_release(l);
	if (l->shared)
		return share_done(l);
	if (l->job == NULL)
		return;
	l->job->done = true;
	task_wake(l->job->task, OK);
}
