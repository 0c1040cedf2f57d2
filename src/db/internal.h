/* SPDX-License-Identifier: MIT */
#pragma once

#include "db/link.h"
#include "db/pool.h"

/* An exclusive connection for writes and transactions. */
enum lane_state {
	LANE_CLOSED, /* not connected, or connecting */
	LANE_IDLE,
	LANE_HELD,    /* by a task */
	LANE_CLEANING /* its task has left: waits for the answer, then rolls back what is open */
};

struct lane {
	struct link link;
	enum lane_state state;
	struct job *job;   /* that a task waits for */
	bool stale;	   /* connect anew before the next use */
	struct timer idle; /* it closes when it has had nothing to do for a while */
};

/* A task that waits for a lane. */
struct waiter {
	struct waiter *next;
	struct task *task;
	struct lane *lane; /* set when it has one */
	struct timer timer;
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
	struct blocked blocked[BLOCKED_MAX];
	size_t blocked_count;
};

struct db {
	struct pool *pool;
	struct arena *arena;
	struct lane *lane; /* that holds its transaction; NULL: none */
	bool begin;	   /* "begin" goes out with the next statement */
	bool transaction;
	bool wrote; /* outside a transaction */
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

/* ERR_BUSY after acquire_timeout, ERR_DB_UNAVAILABLE when the pool is out. */
enum err lane_acquire(struct pool *p, struct lane **out);

/* Runs one statement on a lane that the task holds, behind "begin" if asked for. */
enum err lane_run(struct lane *l, struct job *j, bool begin);

/* Gives a lane back; an open transaction is rolled back first, without waiting. */
void lane_release(struct lane *l);
