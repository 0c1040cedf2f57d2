/* SPDX-License-Identifier: MIT */
/*
 * Writes that share a transaction. The commit costs most of a small write, and the waking of a
 * process of PostgreSQL; so the writes that have come together while the lanes were busy go out
 * together, up to one Sync, and are answered when that has committed. Each statement waits for no
 * row (sqlgen sees to it), so nobody waits for another's lock here. When one fails, all are rolled
 * back, and each is run again on its own.
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
	struct sharer *sharers; /* not sent yet; the first has waited longest */
	struct waiter turn;	/* the sharers' among the waiters; holds their lanes */
	bool turn_queued;
	size_t sharing, sharing_max; /* lanes that carry shared transactions */
	struct lane_use use;
};

/* max: how many lanes may carry shared transactions at once, at least 1. */
void share_make(struct share *p, struct lanes *lanes, size_t max);

/*
 * Runs one statement in a transaction that it may share, for the running task. ERR_RETRY: the
 * transaction was rolled back, perhaps because of another statement.
 */
enum err share_run(struct share *p, struct job *j);

/* Sends the writes that wait, as far as there are lanes. */
void share_send(struct share *p);

/* Refuses the writes that are not sent, once the lanes are given up. */
void share_give_up(struct share *p);
