/* SPDX-License-Identifier: MIT */
/*
 * Writes that share a transaction. What costs most of a small write is its commit, and that a
 * process of PostgreSQL is woken for it; so what has come together while the lanes were busy goes
 * out together, up to one Sync, and is answered when that has committed. Each statement waits for
 * no row (sqlgen sees to it), so nobody waits for another's lock here. When one fails, all are
 * rolled back, and each is run again on its own.
 */
#pragma once

#include "db/lanes.h"

/* A statement that shares its transaction. */
struct sharer {
	struct sharer *next;
	struct job *job;
	struct timer timer; /* until it is sent */
};

struct share {
	struct lanes *lanes;
	struct sharer *sharers; /* that are not sent; the first has waited longest */
	struct waiter turn;	/* theirs among the waiters; holds their lanes */
	bool turn_queued;
	size_t sharing, sharing_max; /* lanes that carry shared transactions */
	struct lane_use use;
};

/* max: how many lanes may carry shared transactions at once, at least 1. */
void share_make(struct share *p, struct lanes *lanes, size_t max);

/*
 * Runs one statement in a transaction that it may share, for the running task. ERR_RETRY: that was
 * rolled back, perhaps because of another's.
 */
enum err share_run(struct share *p, struct job *j);

/* Sends those that wait, as far as there are lanes. */
void share_send(struct share *p);

/* Refuses what is not sent, once the lanes are given up. */
void share_give_up(struct share *p);
