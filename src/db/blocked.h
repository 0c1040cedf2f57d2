/* SPDX-License-Identifier: MIT */
/*
 * Reads of a table that somebody else has locked. The read lane is for all, so no read may stand
 * there and wait: a blocked one gives up soon, and from then on one read of that statement at a
 * time waits on a lane of its own. The other reads wait for its outcome.
 */
#pragma once

#include "db/lanes.h"
#include "db/read.h"

/* A statement whose table is locked by somebody else. */
struct blocked {
	const struct db_statement *s;
	struct stuck *stuck; /* the tasks that wait for the one that tries */
	bool tried;	     /* a task tries the statement */
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

/*
 * Runs a read, for the running task: on the read lane, unless its table is known to be locked. On
 * OK j->result is the caller's.
 */
enum err blocked_read(struct blocked_reads *p, struct job *j);
