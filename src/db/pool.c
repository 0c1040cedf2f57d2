/* SPDX-License-Identifier: MIT */
/*
 * A pool: the connections of a worker together, and whether there is a database. The read lane sees
 * that, for it always wants to be connected.
 */
#include "db/pool.h"

#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "db/hosts.h"
#include "db/pool_parts.h"

enum {
	/*
	 * Requests wait so long for a database that has gone to be back. A database that refuses is
	 * not there; a silent one may be, and an outage is told within 100 ms; one that has let us
	 * in is there, and slow.
	 */
	GRACE_REFUSED_US = 40000,
	GRACE_SILENT_US = 80000,
	GRACE_SLOW_US = 500000,
	GRACE_LOOK_US = 20000,
	BACK_US = 1000000,	 /* reads that have gone to a standby try to come back */
	PATIENT_US = 30000000,	 /* see pool_options.patient */
	FIRST_GRACE_US = 1000000 /* a worker that has just started has never been connected */
};

static int64_t grace(enum link_state state)
{
	switch (state) {
	case LINK_CONNECTING:
		return GRACE_SILENT_US;
	case LINK_ENTERING:
		return GRACE_SLOW_US;
	default:
		return GRACE_REFUSED_US;
	}
}

static void on_grace(struct timer *t)
{
	struct pool *p = OWNER_OF(t, struct pool, grace);
	enum link_state state = p->reads.link.state;
	int64_t now = ticks_us();

	bool patient = p->patient && state != LINK_DOWN && now - p->gone < PATIENT_US;

	if (patient || now - p->gone < grace(state))
		return timer_set(&p->grace, now + GRACE_LOOK_US);
	p->out = true;
	/* A patient pool serves a person, who is told why. */
	if (!p->patient)
		log_error("db",
			  "the database cannot be reached; requests that need it are refused");
	reads_give_up(&p->reads);
	lanes_give_up(&p->lanes);
	share_give_up(&p->share);
}

static void on_up(struct reads *r)
{
	struct pool *p = OWNER_OF(r, struct pool, reads);

	if (p->out)
		log_warn("db", "the database is back");
	p->out = p->reads.out = false;
	timer_clear(&p->grace);
	p->at_standby = p->link.writable && link_at_standby(&r->link);
	if (p->at_standby)
		timer_set(&p->back, ticks_us() + BACK_US);
	if (!p->at_standby || lanes_up(&p->lanes)) {
		p->lanes.out = p->lanes.seeking = false;
		return;
	}
	log_error("db", "no host takes changes: they are refused, and reads go to a standby");
	lanes_seek(&p->lanes);
	share_give_up(&p->share);
}

/* Reads leave the standby once changes have found a host; those under way are sent again. */
static void leave_standby(struct pool *p)
{
	timer_clear(&p->back);
	if (p->at_standby && !lanes_up(&p->lanes))
		timer_set(&p->back, ticks_us() + BACK_US);
	else if (p->at_standby)
		link_reset(&p->reads.link, "a host takes changes again");
}

static void on_found(struct lanes *l)
{
	leave_standby(OWNER_OF(l, struct pool, lanes));
}

static void on_back(struct timer *t)
{
	leave_standby(OWNER_OF(t, struct pool, back));
}

static void on_down(struct reads *r)
{
	struct pool *p = OWNER_OF(r, struct pool, reads);

	p->at_standby = false;
	if (p->out || p->grace.slot != 0)
		return;
	p->gone = ticks_us();
	timer_set(&p->grace, p->gone + GRACE_REFUSED_US);
}

static void before_wait(struct hook *h)
{
	struct pool *p = OWNER_OF(h, struct pool, hook);

	reads_send(&p->reads);
	share_send(&p->share);
}

struct pool *pool_make(const struct pool_options *o)
{
	struct pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->link = (struct link_options){ .url = o->url,
					 .statement_timeout_us = o->statement_timeout_us,
					 .lock_timeout_us = o->lock_timeout_us,
					 .hosts = hosts_count(o->url),
					 .writable = hosts_writable(o->url) };
	p->patient = o->patient;
	p->changes_nothing = o->changes_nothing;
	p->reads.pipelined = o->pipeline;
	p->reads.up = on_up;
	p->reads.down = on_down;
	p->lanes.acquire_timeout_us = o->acquire_timeout_us;
	p->lanes.found = on_found;
	p->hook.before_wait = before_wait;
	p->grace.fire = on_grace;
	p->back.fire = on_back;
	if (!reads_make(&p->reads, &p->link) ||
	    !lanes_make(&p->lanes, &p->link, o->connections - 1)) {
		pool_free(p);
		return NULL;
	}
	share_make(&p->share, &p->lanes, o->sharing);
	blocked_make(&p->blocked, &p->reads, &p->lanes, o->lock_timeout_us);
	loop_hook(&p->hook);
	p->gone = ticks_us();
	timer_set(&p->grace, p->gone + FIRST_GRACE_US);
	reads_open(&p->reads);
	lanes_open(&p->lanes);
	return p;
}

bool pool_has_standbys(const struct pool *p)
{
	return p->link.writable;
}

void pool_free(struct pool *p)
{
	lanes_free(&p->lanes);
	reads_free(&p->reads);
	timer_clear(&p->grace);
	timer_clear(&p->back);
	free(p);
}
