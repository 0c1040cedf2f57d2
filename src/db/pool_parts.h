/* SPDX-License-Identifier: MIT */
/* The parts of a pool. */
#pragma once

#include "db/blocked.h"
#include "db/lanes.h"
#include "db/pool.h"
#include "db/read.h"
#include "db/share.h"

struct pool {
	struct link_options link;
	struct reads reads;
	struct lanes lanes;
	struct share share;
	struct blocked_reads blocked;
	struct hook hook;
	/* When the database has gone, requests wait this long for it to be back at once. */
	struct timer grace;
	int64_t gone; /* tick at which the database went */
	bool out;     /* the database is given up: refuse */
	struct timer back;
	bool at_standby; /* where reads go, for no host took changes */
	bool patient, changes_nothing;
};

/* The access of one request to a pool. */
struct db {
	struct pool *pool;
	struct arena *arena;
	struct lane *lane; /* of its transaction; NULL: none */
	bool begin;	   /* "begin" goes out with the next statement */
	bool transaction;
	bool wrote;   /* outside a transaction */
	bool alone;   /* a shared transaction was rolled back: not again */
	bool changed; /* a row was changed, in a transaction or not */
};
