/* SPDX-License-Identifier: MIT */
/*
 * Connecting, in a thread of its own. libpq looks names up by blocking calls, and may read files
 * and ask a KDC while it does; none of that is for the loop. The result is a connection that the
 * loop has to itself.
 */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"

struct dial;

struct dial_options {
	struct secret url;	  /* copied */
	const char *name;	  /* for PostgreSQL, unless the URL has one; a constant */
	size_t hosts, first_host; /* how many the URL names, and which of them is asked first */
	bool anywhere;		  /* a standby will do, whatever the URL asks for */
	/*
	 * Microseconds that servers may be silent, together. Names may take longer: an attempt that
	 * is given up would begin anew, and never get there.
	 */
	int64_t patience;
};

/* Starts an attempt. NULL: no memory, descriptor or thread is left. */
struct dial *dial_start(const struct dial_options *o);

/* A descriptor that becomes readable when the attempt has ended. It belongs to the dial. */
int dial_fd(const struct dial *d);

struct dialled {
	PGconn *pg;  /* perhaps in state CONNECTION_BAD; NULL when out of memory; the taker's */
	bool silent; /* the server did not answer */
	/*
	 * A pooler stands in between that may give each transaction another session of the server's
	 * (PgBouncer with pool_mode = transaction). A setting or a prepared statement is not there
	 * for the next transaction, and is met by somebody else's.
	 */
	bool pooled;
};

/* Takes the result of an attempt that has ended by itself, and releases the attempt. */
struct dialled dial_take(struct dial *d);

/* Leaves an attempt to itself: its thread closes the connection that comes of it. */
void dial_drop(struct dial *d);
