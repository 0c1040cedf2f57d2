/* SPDX-License-Identifier: MIT */
/* What goes down one connection to PostgreSQL, and what is expected back for it, in that order. */
#pragma once

#include <libpq-fe.h>

#include "db/job.h"

enum sent { SENT_JOB, SENT_PREPARE, SENT_OTHER, SENT_SYNC };

/* One expected result. */
struct sent_entry {
	enum sent kind;
	const struct db_statement *s; /* of a job, or to be prepared */
	struct job *job;	      /* or one of its mates; NULL when all have gone away */
};

struct pipeline {
	PGconn *pg;  /* NULL: not connected */
	bool pooled; /* nothing stays on it from one transaction to the next: see dial.h */
	/* Ring of what is expected back, oldest at `first`. */
	struct sent_entry *ring;
	size_t room, first, count;
	/* What could not be prepared, for its table was locked: sent as text. */
	const struct db_statement **missing;
	size_t missing_count;
};

/* room: results that may be expected at once. False when out of memory: still to be freed. */
bool pipeline_make(struct pipeline *p, size_t room, size_t statements);
void pipeline_free(struct pipeline *p);

/* Goes on with another connection, which knows nothing yet. NULL closes the one there is. */
void pipeline_connect(struct pipeline *p, PGconn *pg, bool pooled);

/* Whether n more results can be expected. */
bool pipeline_has_room(const struct pipeline *p, size_t n);

/*
 * Queues a job, a statement to be prepared, a plain command, or a Sync. False when libpq refuses:
 * the connection is of no use any more.
 */
bool pipeline_send_job(struct pipeline *p, struct job *j);
bool pipeline_send_prepare(struct pipeline *p, const struct db_statement *s);
bool pipeline_send_command(struct pipeline *p, const char *sql);
bool pipeline_send_sync(struct pipeline *p);

/* The oldest expected result; there is one. */
const struct sent_entry *pipeline_oldest(const struct pipeline *p);

/* Takes it off the ring. */
struct sent_entry pipeline_take(struct pipeline *p);

/* Notes that a statement could not be prepared on this connection. */
void pipeline_note_missing(struct pipeline *p, const struct db_statement *s);

/* Whether it could not. Once it works nevertheless, a new connection would have it. */
bool pipeline_misses(const struct pipeline *p, const struct db_statement *s);

/* Takes a job off the one it was sent on: nobody gets its result, unless others wait for it. */
void pipeline_forget(struct job *j);
