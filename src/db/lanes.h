/* SPDX-License-Identifier: MIT */
/*
 * The write lanes, and who holds which. The first one is opened at the start, the others when they
 * are needed, up to their number; these close when they have had nothing to do for a while.
 */
#pragma once

#include "db/lane.h"

/* A waiter for a lane: a task, or the turn of share.c. */
struct waiter {
	struct waiter *next;
	/*
	 * The waiter's turn has come: it makes the idle lane its own by lane_take. False when it
	 * has no use for a lane any more. NULL: there will be none, for the database is given up.
	 */
	bool (*granted)(struct waiter *w, struct lane *l);
	/* The members from here on are lanes_acquire's. */
	struct task *task;
	const void *holder; /* the lane's, to be */
	struct lane *lane;  /* set when it has one */
	struct timer timer;
};

struct lanes {
	struct lane *v;
	size_t n;
	struct waiter *waiters; /* the first has waited longest */
	int64_t acquire_timeout_us;
	bool out; /* the database is given up: refuse */
	/* The first lane goes on trying, though nobody waits; `found` is called when it is up. */
	bool seeking;
	void (*found)(struct lanes *p);
};

/*
 * Makes n lanes; acquire_timeout_us is set before. False when out of memory: to be freed all the
 * same.
 */
bool lanes_make(struct lanes *p, struct link_options *o, size_t n);
void lanes_free(struct lanes *p);

/* Opens the first lane. */
void lanes_open(struct lanes *p);

/*
 * Refuses all waiters and, until p->out is taken back, all who come. Connections that are not there
 * are not tried again before somebody wants them.
 */
void lanes_give_up(struct lanes *p);

/* Gives up, but goes on looking for a host that takes changes. */
void lanes_seek(struct lanes *p);

/* Queues a waiter for a lane, and has one more opened if there can be. */
void lanes_queue(struct lanes *p, struct waiter *w);

/* Whether a lane is connected. */
bool lanes_up(const struct lanes *p);

/* A lane that has nothing to do, or NULL. */
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
