/* SPDX-License-Identifier: MIT */
/*
 * Connecting, in a thread of its own. libpq looks names up by blocking calls, and may read files
 * and ask a KDC while it does; none of that is for the loop. What comes of it is a connection that
 * the loop has to itself.
 */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"

struct dial;

struct dial_options {
	struct secret url;	  /* copied */
	const char *name;	  /* for PostgreSQL, unless the URL has one; a constant */
	size_t hosts, first_host; /* how many the URL names, and which of them is asked first */
	/*
	 * Microseconds that servers may be silent, together. Names may take longer: who gave up
	 * would begin anew, and never get there.
	 */
	int64_t patience;
};

/* Starts. NULL: no memory, descriptor or thread is left. */
struct dial *dial_start(const struct dial_options *o);

/* Becomes readable when the attempt has ended. Belongs to the dial. */
int dial_fd(const struct dial *d);

struct dialled {
	PGconn *pg;  /* perhaps in state CONNECTION_BAD; NULL when out of memory; the taker's */
	bool silent; /* the server did not answer */
	/*
	 * Something stands in between that may give each transaction another session of the
	 * server's (PgBouncer with pool_mode = transaction). Nothing that is set or prepared is
	 * there for the next one, and what was is met by somebody else.
	 */
	bool pooled;
};

/* What became of an attempt that has ended by itself; releases it. */
struct dialled dial_take(struct dial *d);

/* Leaves an attempt to itself: what comes of it is closed by its thread. */
void dial_drop(struct dial *d);
