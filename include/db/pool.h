/* SPDX-License-Identifier: MIT */
/* The connections of one worker, and what dispatch does with them around a request. */
#pragma once

#include "db/db.h"

struct pool;

struct pool_options {
	struct secret url;
	size_t connections; /* at least 2: one for reads, the others for writes */
	size_t sharing;	    /* how many of them may carry shared transactions at once; at least 1 */
	int64_t acquire_timeout_us, statement_timeout_us, lock_timeout_us;
	/*
	 * Statements wait, before the first connection, for a name that is slow to be found. People
	 * at a command line want that; a worker has others to serve.
	 */
	bool patient;
	bool changes_nothing; /* a statement that writes is an error of the program */
	bool pipeline;	      /* off: one read at a time, to measure the difference */
};

/* Begins to connect; never fails because of the database. NULL when out of memory. */
struct pool *pool_make(const struct pool_options *o);

/*
 * Whether the URL names several hosts and asks for one that takes changes. While there is none,
 * reads go to any of them, and changes are refused.
 */
bool pool_has_standbys(const struct pool *p);

/* Closes all connections. No task may wait in the pool. */
void pool_free(struct pool *p);

/*
 * Opens the database for a request. Should the arena be emptied before db_finish, the request's
 * transaction is rolled back.
 */
struct db *db_open(struct pool *p, struct arena *a);

/*
 * Ends the request's transaction, if there is one: commits when `result` is OK, and rolls back
 * otherwise. Returns `result`, or why the commit failed.
 */
enum err db_finish(struct db *db, enum err result);

/* Whether a statement has changed a row, be it committed by now or not. */
bool db_changed(const struct db *db);

/* Asks the database for nothing, on the read lane. */
enum err db_ping(struct db *db);

/* Whether libpq understands a URL. Its complaint is not told: it could hold a password. */
bool db_url_valid(struct secret url);
