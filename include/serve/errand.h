/* SPDX-License-Identifier: MIT */
/* An errand: work with the database beside the service, as a request to the product that nobody
 * waits for over a wire, in a loop of its own that runs for one task. */
#pragma once

#include "core/req.h"
#include "db/pool.h"

/* The traces that an errand leaves. */
enum errand_leaves {
	ERRAND_LEAVES_ITSELF,  /* the service does the errand by itself, and comes again anyway */
	ERRAND_LEAVES_NOTHING, /* the errand cannot change anything */
	/* Somebody has asked for the errand: it has a transaction from the beginning, and its
	 * changes are noted (audit_note) or rolled back. */
	ERRAND_LEAVES_NOTES
};

struct errand {
	const char *name; /* for the log */
	const struct conf *conf;
	struct str typed_by; /* who is at the command line; null: nobody */
	enum errand_leaves leaves;
	bool hurried; /* waits for no name that is slow to be found */
	enum err (*run)(struct errand *e);
	void *arg; /* the errand's own */
	/* Set while the errand runs. */
	struct req req;
	struct app app;
	struct pool *pool;
	enum err result;
};

/*
 * Runs an errand and ends its transaction. Returns its result. One that leaves notes is run again,
 * from its first line, when its transaction lost a race, and its result is ERR_RETRY when it lost
 * too many.
 */
enum err errand_run(struct errand *e);
