/* SPDX-License-Identifier: MIT */
/*
 * The write lanes, and who holds which. The first one is opened at the start, the others when they
 * are needed, up to their number; they close when they have had nothing to do for a while.
 */
#pragma once

#include "db/lane.h"

/* Whoever waits for a lane. */
struct waiter {
	struct waiter *next;
	/*
	 * Its turn has come: an idle lane, which it makes its own by lane_take. False when it has
	 * no use for it any more. NULL: there will be none, for the database is given up.
	 */
	bool (*granted)(struct waiter *w, struct lane *l);
	/* lanes_acquire's. */
	struct task *task;
	const void *holder; /* that it will be */
	struct lane *lane;  /* set when it has one */
	struct timer timer;
};

struct lanes {
	struct lane *v;
	size_t n;
	struct waiter *waiters; /* the first has waited longest */
	int64_t acquire_timeout_us;
	bool out; /* the database is given up: refuse */
};

/* Takes over acquire_timeout_us, which is set. False when out of memory: to be freed all the same.
 */
bool lanes_make(struct lanes *p, struct link_options *o, size_t n);
void lanes_free(struct lanes *p);

/* Opens the first one. */
void lanes_open(struct lanes *p);

/*
 * Refuses who waits and, until p->out is taken back, who comes. Connections that are not there are
 * not tried again before somebody wants them.
 */
void lanes_give_up(struct lanes *p);

/* Waits for a lane, and has one more opened if there can be. */
void lanes_queue(struct lanes *p, struct waiter *w);

/* One that has nothing to do, or NULL. */
struct lane *lanes_idle(struct lanes *p);

/*
 * Waits until the holder, which is any address that lives until the lane is given back, has a lane
 * to itself. ERR_BUSY after acquire_timeout, ERR_DB_UNAVAILABLE when the database is given up.
 */
enum err lanes_acquire(struct lanes *p, const void *holder, struct lane **out);

/* Gives a lane back; an open transaction is rolled back first, without waiting. */
void lanes_release(struct lane *l, const void *holder);

/* For `lost`: the holder gives up a lane whose connection has gone. */
void lanes_leave(struct lane *l);
