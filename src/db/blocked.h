/* SPDX-License-Identifier: MIT */
/*
 * Reads of a table that somebody else has locked. The read lane is for all, so none may stand there
 * and wait: it gives up soon, and from then on one read of that statement at a time waits on a lane
 * of its own. The others wait for how it ends.
 */
#pragma once

#include "db/lanes.h"
#include "db/read.h"

/* A statement whose table is locked by somebody else. */
struct blocked {
	const struct db_statement *s;
	struct stuck *stuck; /* who waits for the one that tries */
	bool tried;	     /* somebody does */
};

enum { BLOCKED_MAX = 32 };

struct blocked_reads {
	struct reads *reads;
	struct lanes *lanes;
	int64_t lock_timeout_us;
	struct blocked v[BLOCKED_MAX];
	size_t n;
};

void blocked_make(struct blocked_reads *p, struct reads *reads, struct lanes *lanes,
		  int64_t lock_timeout_us);

/* Runs a read, for the running task, where it need not wait for others. On OK j->result is the
 * caller's. */
enum err blocked_read(struct blocked_reads *p, struct job *j);
