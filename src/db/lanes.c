/* SPDX-License-Identifier: MIT */
#include "db/lanes.h"

#include <stdlib.h>

#include "base/instant.h"

enum {
	RESULTS_MAX = 256, /* more than a shared transaction can have */
	IDLE_US = 5000000
};

static void on_idle(struct timer *t)
{
	struct lane *l = OWNER_OF(t, struct lane, idle);

	l->link.wanted = false;
	link_reset(&l->link, NULL);
}

/* Hands the lane to the waiter that has waited longest, and still does. */
static void hand_on(struct lane *l)
{
	struct lanes *p = l->lanes;

	l->state = LANE_IDLE;
	while (p->waiters != NULL) {
		struct waiter *w = p->waiters;

		p->waiters = w->next;
		if (w->granted(w, l))
			return;
	}
	timer_clear(&l->idle);
	if (l != p->v)
		timer_set(&l->idle, ticks_us() + IDLE_US);
}

static void queue_up(struct lanes *p, struct waiter *w)
{
	struct waiter **at = &p->waiters;

	while (*at != NULL)
		at = &(*at)->next;
	*at = w;
}

static void forget_waiter(struct lanes *p, struct waiter *w)
{
	struct waiter **at = &p->waiters;

	while (*at != NULL && *at != w)
		at = &(*at)->next;
	if (*at != NULL)
		*at = w->next;
}

void lanes_give_up(struct lanes *p)
{
	struct waiter *next = p->waiters;

	p->out = true;
	p->waiters = NULL;
	while (next != NULL) {
		struct waiter *w = next;

		next = w->next;
		w->granted(w, NULL);
	}
	for (size_t i = 0; i < p->n; i++)
		p->v[i].link.wanted = false;
}

void lanes_seek(struct lanes *p)
{
	lanes_give_up(p);
	p->seeking = true;
	p->v[0].link.wanted = true;
	link_open(&p->v[0].link);
}

/* Opens one more lane, if there is one that is neither open nor opening. */
static void open_one(struct lanes *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct link *l = &p->v[i].link;

		if (p->v[i].state != LANE_CLOSED || l->wanted)
			continue;
		l->wanted = true;
		return link_open(l);
	}
}

void lanes_queue(struct lanes *p, struct waiter *w)
{
	queue_up(p, w);
	open_one(p);
}

static void on_waited(struct timer *t)
{
	task_wake(OWNER_OF(t, struct waiter, timer)->task, ERR_BUSY);
}

static bool wake_holder(struct waiter *w, struct lane *l)
{
	/* A task that was ended, or has waited too long, is about to leave. */
	if (!task_wake(w->task, l == NULL ? ERR_DB_UNAVAILABLE : OK) || l == NULL)
		return false;
	lane_take(l, w->holder);
	w->lane = l;
	return true;
}

static enum err wait_for_lane(struct lanes *p, const void *holder, struct lane **out)
{
	struct waiter w = { .granted = wake_holder,
			    .task = task_self(),
			    .holder = holder,
			    .timer.fire = on_waited };

	timer_set(&w.timer, ticks_us() + p->acquire_timeout_us);
	lanes_queue(p, &w);

	enum err e = task_park();

	timer_clear(&w.timer);
	if (e == OK)
		*out = w.lane;
	else
		forget_waiter(p, &w);
	return e;
}

bool lanes_up(const struct lanes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].link.state == LINK_UP)
			return true;
	return false;
}

struct lane *lanes_idle(struct lanes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].state == LANE_IDLE)
			return &p->v[i];
	return NULL;
}

enum err lanes_acquire(struct lanes *p, const void *holder, struct lane **out)
{
	if (p->out)
		return ERR_DB_UNAVAILABLE;

	struct lane *l = lanes_idle(p);

	if (l == NULL)
		return wait_for_lane(p, holder, out);
	lane_take(l, holder);
	*out = l;
	return OK;
}

static void clean(struct lane *l)
{
	l->state = LANE_CLEANING;
	if (l->link.pipeline.count > 0)
		return; /* the answer comes first: lane_synced goes on from here */
	if (link_send_command(&l->link, "rollback") && link_send_sync(&l->link))
		link_flush(&l->link);
}

/* Takes back a lane that nobody holds any more. */
static void give_back(struct lane *l)
{
	struct lanes *p = l->lanes;

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

void lanes_release(struct lane *l, const void *holder)
{
	if (lane_may_use(l, holder, true))
		give_back(l);
}

void lanes_leave(struct lane *l)
{
	l->state = LANE_CLOSED;
	l->holder = NULL;
}

static void lane_up(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	struct lanes *p = l->lanes;

	if (p->seeking) {
		p->seeking = p->out = false;
		p->found(p);
	}
	hand_on(l);
}

/* Whether a lane that has gone down is to be tried again. */
static bool comes_back(const struct lane *l)
{
	const struct lanes *p = l->lanes;

	return l->state != LANE_HELD && (p->waiters != NULL || (p->seeking && l == p->v));
}

static void lane_down(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	timer_clear(&l->idle);
	l->broken = true;
	l->stale = false;
	if (l->use != NULL)
		l->use->lost(l);
	/*
	 * A lane that is held stays closed until its holder gives it back: it must not be handed to
	 * another. A lane that nobody waits for need not come back before somebody does.
	 */
	if (!comes_back(l)) {
		link->wanted = false;
		timer_clear(&link->timer);
	} else if (!link->wanted) {
		link->wanted = true;
		timer_set(&link->timer, ticks_us());
	}
	if (l->state != LANE_HELD)
		l->state = LANE_CLOSED;
}

static void lane_synced(struct link *link)
{
	struct lane *l = OWNER_OF(link, struct lane, link);

	if (l->state == LANE_CLEANING)
		give_back(l);
	else if (l->use != NULL)
		l->use->done(l);
}

static bool lane_make(struct lane *l, struct lanes *p, struct link_options *o)
{
	static const struct link_owner owner = { .up = lane_up,
						 .down = lane_down,
						 .result = lane_result,
						 .undone = lane_undone,
						 .synced = lane_synced };

	l->lanes = p;
	l->idle.fire = on_idle;
	return link_make(&l->link, &owner, o, LINK_WRITE, RESULTS_MAX);
}

bool lanes_make(struct lanes *p, struct link_options *o, size_t n)
{
	p->v = calloc(n, sizeof *p->v);
	p->n = p->v == NULL ? 0 : n;
	for (size_t i = 0; i < p->n; i++)
		if (!lane_make(&p->v[i], p, o))
			return false;
	return p->v != NULL;
}

void lanes_open(struct lanes *p)
{
	p->v[0].link.wanted = true;
	link_open(&p->v[0].link);
}

void lanes_free(struct lanes *p)
{
	for (size_t i = 0; i < p->n; i++) {
		timer_clear(&p->v[i].idle);
		link_free(&p->v[i].link);
	}
	free(p->v);
}
