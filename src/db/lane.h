/* SPDX-License-Identifier: MIT */
/*
 * A write lane: a connection that one holder at a time has to itself, and what the holder does with
 * it. lanes.h says who comes to hold it.
 */
#pragma once

#include "db/link.h"

enum lane_state {
	LANE_CLOSED, /* not connected, or connecting */
	LANE_IDLE,
	LANE_HELD,    /* by its holder, until that gives it back */
	LANE_CLEANING /* its holder has left: waits for the answer, then rolls back what is open */
};

struct lane;
struct lanes;
struct sharer;

/* A use of a lane by statements under way: how they are told what becomes of them. */
struct lane_use {
	/* The error of a statement that was skipped because of one before it. */
	enum err skipped;
	/* All statements were answered: see lane_outcome. */
	void (*done)(struct lane *l);
	/*
	 * The connection has gone. Nobody knows the outcome of statements that were not told
	 * theirs.
	 */
	void (*lost)(struct lane *l);
};

struct lane {
	struct link link;
	struct lanes *lanes;
	enum lane_state state;
	const void *holder;	    /* LANE_HELD: whoever has it, and nobody else; otherwise NULL */
	const struct lane_use *use; /* NULL: nothing is under way that anybody waits for */
	struct job *job;	    /* lane_run's: the job its holder waits for */
	struct sharer *sharers;	    /* share.c's */
	bool ends;		    /* the statements under way leave no transaction open */
	bool broken;		    /* the connection has gone since it was taken */
	bool stale;		    /* connect anew before the next use */
	struct timer idle;	    /* closes the lane when it has had nothing to do for a while */
	/*
	 * The outcome of the statements under way is known here, and not by those who wait for
	 * them, for these may leave.
	 */
	size_t unproved; /* statements that have not worked so far */
	enum err failed; /* why they are rolled back: the first failure */
};

/* Makes an idle lane its holder's. */
void lane_take(struct lane *l, const void *holder);

/*
 * Whether the holder may use the lane now, which also needs `idle`. Two that take one connection
 * for theirs would commit and roll back one another's statements: the one that is wrong here is
 * refused.
 */
bool lane_may_use(const struct lane *l, const void *holder, bool idle);

/* The place of a statement in its transaction. */
enum lane_part {
	LANE_WHOLE, /* the statement is the whole of it */
	LANE_FIRST, /* "begin" goes before it */
	LANE_INNER,
	LANE_LAST /* the statement is the commit */
};

/*
 * Runs one statement on a lane, for its holder. On OK j->result is the caller's, and a statement
 * that ends a transaction has been committed. Nothing is sent for a task that was ended.
 */
enum err lane_run(struct lane *l, const void *holder, struct job *j, enum lane_part part);

/*
 * Several statements under way at once, up to one Sync: lane_begin begins them, lane_send sends
 * one, and lane_end ends them, in `done` or `lost`. ends: they leave no transaction open.
 */
void lane_begin(struct lane *l, const struct lane_use *use, bool ends);
bool lane_send(struct lane *l, struct job *j);
void lane_end(struct lane *l);

/* The outcome of the statements under way, once their Sync has been answered. */
enum err lane_outcome(const struct lane *l);

/* Callbacks of link_owner. */
void lane_result(struct link *link, const struct sent_entry *sent, PGresult *r);
void lane_undone(struct link *link, PGresult *r);
