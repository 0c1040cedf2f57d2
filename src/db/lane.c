/* SPDX-License-Identifier: MIT */
/*
 * The write lanes: connections that one task at a time has to itself, or that carry a transaction
 * of several (share.c). The first one is opened at the start, the others when they are needed, up
 * to their number; they close when they have had nothing to do for a while.
 */
#ifdef POSTERN_SAN
#include <assert.h>
#endif
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

/*
 * Whether it may be used so by this holder. Two that take one connection for theirs would commit
 * and roll back one another's statements: whoever is wrong here is refused.
 */
static bool may_use(const struct lane *l, const void *holder, bool idle)
{
	bool may = l->state == LANE_HELD && holder != NULL && l->holder == holder && idle;

	if (!may)
		log_error("db", "a write connection was to be used by one that does not hold it");
#ifdef POSTERN_SAN
	assert(may);
#endif
	return may;
}

void lane_take(struct lane *l, const void *holder)
{
	timer_clear(&l->idle);
	l->state = LANE_HELD;
	l->holder = holder;
	l->broken = false;
}

static bool grant(struct lane *l, struct waiter *w)
{
	if (w == &l->link.pool->turn)
		return share_carry(l);
	if (!task_wake(w->task, OK))
		return false; /* it was ended, or has waited too long: it is about to leave */
	lane_take(l, w->holder);
	w->lane = l;
	return true;
}

/* Hands the lane to whoever has waited longest, and still does. */
static void hand_on(struct lane *l)
{
	struct pool *p = l->link.pool;

	l->state = LANE_IDLE;
	while (p->waiters != NULL) {
		struct waiter *w = p->waiters;

		p->waiters = w->next;
		if (grant(l, w))
			return;
	}
	timer_clear(&l->idle);
	if (l != p->lanes)
		timer_set(&l->idle, ticks_us() + IDLE_US);
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

static enum err wait_for_lane(struct pool *p, const void *holder, struct lane **out)
{
	struct waiter w = { .task = task_self(), .holder = holder, .timer.fire = on_waited };

	timer_set(&w.timer, ticks_us() + p->o.acquire_timeout_us);
	lane_queue(p, &w);

	enum err e = task_park();

	timer_clear(&w.timer);
	if (e == OK)
		*out = w.lane;
	else
		forget_waiter(p, &w);
	return e;
}

struct lane *lane_idle(struct pool *p)
{
	for (size_t i = 0; i < p->lane_count; i++)
		if (p->lanes[i].state == LANE_IDLE)
			return &p->lanes[i];
	return NULL;
}

enum err lane_acquire(struct pool *p, const void *holder, struct lane **out)
{
	if (p->out)
		return ERR_DB_UNAVAILABLE;

	struct lane *l = lane_idle(p);

	if (l == NULL)
		return wait_for_lane(p, holder, out);
	lane_take(l, holder);
	*out = l;
	return OK;
}

/* Whoever waits for a lock sees behind it what the one before has committed; by a snapshot of the
 * beginning, as the database or the role may ask for, it would decide without. */
static const char begin_sql[] = "begin isolation level read committed";

static bool send(struct lane *l, struct job *j, enum lane_part part)
{
	if (part == LANE_FIRST && !link_send_command(&l->link, begin_sql))
		return false;
	if ((part == LANE_FIRST || part == LANE_WHOLE) && !link_send_settings(&l->link))
		return false;
	return link_send_job(&l->link, j) && link_send_sync(&l->link);
}

/* Sends it and waits; OK: it is done, one way or the other. */
static enum err run(struct lane *l, struct job *j, enum lane_part part)
{
	l->ends = part == LANE_WHOLE || part == LANE_LAST;
	l->failed = OK;
	l->unproved = 1;
	if (!send(l, j, part))
		return ERR_DB_UNAVAILABLE;
	link_flush(&l->link);
	return j->done ? OK : task_park();
}

enum err lane_run(struct lane *l, const void *holder, struct job *j, enum lane_part part)
{
	enum err e = task_ended();

	if (e != OK)
		return e;
	if (!may_use(l, holder, l->job == NULL && !l->shared && l->link.sent_count == 0))
		return ERR_INTERNAL;
	if (l->link.state != LINK_UP || l->broken)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	l->job = j;
	e = run(l, j, part);
	l->job = NULL;
	if (e == OK && j->done)
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

/* Nobody holds it any more. */
static void give_back(struct lane *l)
{
	struct pool *p = l->link.pool;

	l->holder = NULL;
	if (l->stale)
		link_reset(&l->link, "its plans are stale");
	l->stale = false;
	if (l->link.state != LINK_UP) {
		l->state = LANE_CLOSED;
		if (p->waiters != NULL)
			open_one(p);
	} else if (link_in_transaction(&l->link)) {
		clean(l);
	} else {
		hand_on(l);
	}
}

void lane_release(struct lane *l, const void *holder)
{
	if (may_use(l, holder, l->job == NULL && !l->shared))
		give_back(l);
}

void write_up(struct link *link)
{
	hand_on(OWNER_OF(link, struct lane, link));
}

void write_down(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	timer_clear(&l->idle);
	l->broken = true;
	if (l->shared)
		share_lost(l);
	/*
	 * A lane that is held stays closed until its holder gives it back: it must not be handed to
	 * another. One that nobody waits for need not come back before somebody does.
	 */
	if (l->state == LANE_HELD || link->pool->waiters == NULL) {
		link->wanted = false;
		timer_clear(&link->timer);
	} else if (!link->wanted) {
		link->wanted = true;
		timer_set(&link->timer, ticks_us());
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

/* Why a statement (NULL: the Sync) has failed; j: whoever waits for it, or NULL. */
static enum err judge(struct lane *l, const struct db_statement *s, const struct job *j,
		      const PGresult *r)
{
	if (r == NULL)
		return ERR_DB_UNAVAILABLE;
	if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED)
		return l->shared ? ERR_RETRY : ERR_DB_UNAVAILABLE;
	if (!link_stale(&l->link, r))
		return link_error(s, j == NULL ? NULL : j->task, r);
	l->stale = true;
	return ERR_RETRY;
}

static void fail(struct lane *l, enum err e)
{
	if (l->failed == OK)
		l->failed = e;
}

void write_result(struct link *link, const struct sent_entry *sent, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	struct job *j = sent->job;
	ExecStatusType status = PQresultStatus(r);
	bool worked = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	enum err e = worked ? OK : judge(l, sent->s, j, r);

	if (worked) {
		l->unproved--;
		l->stale = l->stale || link_misses(link, sent->s);
	} else {
		fail(l, e);
	}
	if (j != NULL)
		j->err = e;
	if (j != NULL && worked)
		j->result = r;
	else
		PQclear(r);
}

void write_undone(struct link *link, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	fail(l, judge(l, l->job == NULL ? NULL : l->job->s, l->job, r));
	PQclear(r);
}

enum err lane_outcome(const struct lane *l)
{
	if (l->failed != OK)
		return l->failed;
	/* Statements that nobody knows to have worked, or that are not committed yet. */
	if (l->unproved > 0 || (l->ends && link_in_transaction(&l->link)))
		return ERR_DB_UNAVAILABLE;
	return OK;
}

static void job_done(struct lane *l, struct job *j)
{
	enum err e = lane_outcome(l);

	if (e != OK) {
		job_clear(j);
		j->err = e;
	}
	j->done = true;
	task_wake(j->task, OK);
}

void write_synced(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	if (l->state == LANE_CLEANING)
		give_back(l);
	else if (l->shared)
		share_done(l);
	else if (l->job != NULL)
		job_done(l, l->job);
}
