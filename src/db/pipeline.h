/* SPDX-License-Identifier: MIT */
/*
 * The statements that go down one connection to PostgreSQL, and the results that are expected back,
 * in that order.
 */
#pragma once

#include <libpq-fe.h>

#include "db/job.h"
#include "db/prepared.h"

enum { PIPELINE_JOB = 2 };

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
	/* A ring of the expected results, oldest at `first`. */
	struct sent_entry *ring;
	size_t room, first, count;
	struct prepared prepared;
	unsigned piece;	   /* the stretch between two Syncs that is sent to just now */
	PGresult *refusal; /* why the statement of the next job could not be prepared */
};

/*
 * Makes a pipeline. room: results that may be expected at once. False when out of memory: still to
 * be freed.
 */
bool pipeline_make(struct pipeline *p, size_t room);
void pipeline_free(struct pipeline *p);

/* Goes on with another connection, which knows nothing yet. NULL closes the one there is. */
void pipeline_connect(struct pipeline *p, PGconn *pg, bool pooled);

/* Whether n more results can be expected. */
bool pipeline_has_room(const struct pipeline *p, size_t n);

/*
 * Queues a job, a plain command, or a Sync. False when libpq refuses: the connection is of no use
 * any more. A job takes PIPELINE_JOB results: its statement may have to be prepared.
 */
bool pipeline_send_job(struct pipeline *p, struct job *j);
bool pipeline_send_command(struct pipeline *p, const char *sql);
bool pipeline_send_sync(struct pipeline *p);

/* The oldest expected result; there is one. */
const struct sent_entry *pipeline_oldest(const struct pipeline *p);

/* Takes the oldest expected result off the ring. */
struct sent_entry pipeline_take(struct pipeline *p);

/*
 * Notes the result of preparing a statement, and takes it over. A failure is that of the job which
 * the statement was prepared for.
 */
void pipeline_note_prepared(struct pipeline *p, const struct db_statement *s, PGresult *r);

/*
 * The result of a job: its own, or the refusal for which it was skipped. Takes r over, for which it
 * stands.
 */
PGresult *pipeline_result(struct pipeline *p, PGresult *r);

/* Takes a job off the pipeline it was sent on: nobody gets its result, unless mates wait for it. */
void pipeline_forget(struct job *j);
