/* SPDX-License-Identifier: MIT */
#pragma once

#include "db/link.h"
#include "db/pool.h"

/* An exclusive connection for writes and transactions. */
enum lane_state {
	LANE_CLOSED, /* not connected, or connecting */
	LANE_IDLE,
	LANE_HELD,    /* by its holder, until that gives it back */
	LANE_CLEANING /* its holder has left: waits for the answer, then rolls back what is open */
};

struct lane {
	struct link link;
	enum lane_state state;
	const void *holder; /* LANE_HELD: whoever has it, and nobody else; otherwise NULL */
	struct job *job;    /* that its holder waits for */
	bool ends;	    /* what is under way leaves no transaction open */
	bool broken;	    /* the connection has gone since it was taken */
	bool stale;	    /* connect anew before the next use */
	struct timer idle;  /* it closes when it has had nothing to do for a while */
	/*
	 * What becomes of the statements under way is known here, and not by those who wait for
	 * them, for these may leave.
	 */
	size_t unproved; /* have not worked so far */
	enum err failed; /* why they are rolled back: the first failure */
	/* A transaction of several tasks; the pool's `turn` holds the lane for them. */
	bool shared;
	struct sharer *sharers;
};

/* Where a statement stands in its transaction. */
enum lane_part {
	LANE_WHOLE, /* it is all of it */
	LANE_FIRST, /* "begin" goes before it */
	LANE_INNER,
	LANE_LAST /* it is the commit */
};

/* A task that waits for a lane. */
struct waiter {
	struct waiter *next;
	struct task *task;
	const void *holder; /* that it will be */
	struct lane *lane;  /* set when it has one */
	struct timer timer;
};

/* A statement that shares its transaction. */
struct sharer {
	struct sharer *next;
	struct job *job;
	struct timer timer; /* until it is sent */
};

/* A statement whose table is locked by somebody else. */
struct blocked {
	const struct db_statement *s;
	struct stuck *stuck; /* who waits for the one that tries */
	bool tried;	     /* somebody does */
};

enum { BLOCKED_MAX = 32 };

struct pool {
	struct pool_options o;
	size_t hosts, first_host; /* how many, and which of them is asked first */
	struct hook hook;
	struct link read;
	struct job *first, *last; /* reads that are not sent */
	size_t pending;		  /* how many those are */
	/* When the database has gone, requests wait this long for it to be back at once. */
	struct timer grace;
	int64_t gone; /* tick at which it went */
	bool out;     /* it is not: refuse */
	struct lane *lanes;
	size_t lane_count;
	struct waiter *waiters; /* the first has waited longest */
	struct sharer *sharers; /* that are not sent, likewise */
	struct waiter turn;	/* theirs among the waiters; of no task; holds their lanes */
	bool turn_queued;
	size_t sharing; /* lanes that carry shared transactions */
	struct blocked blocked[BLOCKED_MAX];
	size_t blocked_count;
};

struct db {
	struct pool *pool;
	struct arena *arena;
	struct lane *lane; /* that holds its transaction; NULL: none */
	bool begin;	   /* "begin" goes out with the next statement */
	bool transaction;
	bool wrote;   /* outside a transaction */
	bool alone;   /* a shared transaction was rolled back: not again */
	bool changed; /* a row, in a transaction or not */
};

extern const struct db_statement ping_statement, commit_statement;

/* Runs a read on the pipelined lane. On OK j->result is the caller's. */
enum err read_run(struct pool *p, struct job *j);

/*
 * Reads that ran into a lock. NULL: the read lane takes it. To be asked again after each wait, for
 * entries move.
 */
struct blocked *blocked_find(struct pool *p, const struct db_statement *s);

/* Notes one; false when there are too many. */
bool blocked_note(struct pool *p, const struct db_statement *s);

/* Waits for who tries: OK when it has worked, ERR_BUSY after lock_timeout. */
enum err blocked_wait(struct pool *p, struct blocked *b);

/* Runs it on a lane of its own and tells the others. On OK j->result is the caller's. */
enum err blocked_try(struct pool *p, struct blocked *b, struct job *j);

/* Fails what waits, because the database is out of reach. */
void lanes_fail_waiters(struct pool *p);

bool lanes_make(struct pool *p);
void lanes_free(struct pool *p);

/*
 * Waits until the holder, which is any address that lives until the lane is given back, has a lane
 * to itself. ERR_BUSY after acquire_timeout, ERR_DB_UNAVAILABLE when the pool is out.
 */
enum err lane_acquire(struct pool *p, const void *holder, struct lane **out);

/*
 * Runs one statement on a lane, for its holder. On OK j->result is the caller's, and what ends a
 * transaction has been committed. Nothing is sent for a task that was ended.
 */
enum err lane_run(struct lane *l, const void *holder, struct job *j, enum lane_part part);

/* One that has nothing to do, or NULL. */
struct lane *lane_idle(struct pool *p);

/* Makes an idle lane its holder's. */
void lane_take(struct lane *l, const void *holder);

/* What has become of the statements under way, once their Sync has been answered. */
enum err lane_outcome(const struct lane *l);

/* Waits for a lane, and has one more opened if there can be. */
void lane_queue(struct pool *p, struct waiter *w);

/*
 * Runs one statement in a transaction that it may share. ERR_RETRY: that was rolled back, perhaps
 * because of another's.
 */
enum err share_run(struct pool *p, struct job *j);

/* Sends those that wait, as far as there are lanes. */
void share_send(struct pool *p);

/* Their turn has come. False when they have no use for the lane, which then is not theirs. */
bool share_carry(struct lane *l);

/* The transaction has ended; it was not committed if anything in it has failed. */
void share_done(struct lane *l);

/* Nobody knows whether it was committed. */
void share_lost(struct lane *l);

/* Fails what is not sent. */
void share_fail(struct pool *p);

/* Gives a lane back; an open transaction is rolled back first, without waiting. */
void lane_release(struct lane *l, const void *holder);
