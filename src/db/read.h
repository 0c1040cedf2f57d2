/* SPDX-License-Identifier: MIT */
/*
 * The read lane: all reads of a worker go down one connection. The reads of a turn of the loop go
 * out in a few pieces, each with one Sync, and gathered ones as one query for all that want it; if
 * a statement fails, the server skips those behind it up to the Sync, and they are sent again.
 */
#pragma once

#include "db/link.h"

struct reads {
	struct link link;
	struct job *first, *last; /* not sent yet */
	size_t pending;		  /* the number of those */
	bool pipelined;		  /* off: one at a time */
	bool out;		  /* the database is given up: refuse */
	/* Called whenever the connection has come up or gone down. */
	void (*up)(struct reads *r);
	void (*down)(struct reads *r);
};

/* Makes the lane; `pipelined`, `up` and `down` are set before. False when out of memory. */
bool reads_make(struct reads *r, struct link_options *o);
void reads_free(struct reads *r);

/* Begins to connect, and goes on for good. */
void reads_open(struct reads *r);

/*
 * Runs a read, for the running task. On OK j->result is the caller's. ERR_BUSY with j->locked: the
 * read's table is locked by somebody else, and here nobody waits for that.
 */
enum err read_run(struct reads *r, struct job *j);

/* Sends the reads that wait. */
void reads_send(struct reads *r);

/* Refuses the reads that wait and, until r->out is taken back, all that come. */
void reads_give_up(struct reads *r);
