/* SPDX-License-Identifier: MIT */
#pragma once

#include <libpq-fe.h>

#include "db/row.h"
#include "task/task.h"

struct pipeline;

/* A statement under way. Lives on the stack of the task that waits for it, or in its arena. */
struct job {
	const struct db_statement *s;
	const void *in;
	const struct str *lists; /* row_lists; NULL: it has none */
	struct task *task;
	PGresult *result;	   /* the job's until taken, and its mates' */
	enum err err;		   /* OK only once its result is there, and has held */
	int tries;		   /* times it was lost */
	bool done;		   /* nothing comes any more: the task was told, or will be */
	bool locked;		   /* the read lane has given up waiting for its table */
	struct pipeline *pipeline; /* the one it was sent on; NULL: not sent */
	size_t entry;		   /* its place in that one's ring */
	struct job *next, *previous;
	/* The next in the ring of jobs that one query answers; NULL: the job has one for itself. */
	struct job *mate;
};

/* Makes a job the running task's; nothing is known of its result yet. */
void job_begin(struct job *j);

/* Lets one query answer `mate` as well as j; both are of the same gathered statement. */
void job_join(struct job *j, struct job *mate);

/* Parts a job from its mates; returns one of these, or NULL. */
struct job *job_part(struct job *j);

/* Goes round the ring that was begun with `first`: the job behind j, or NULL. */
struct job *job_next(const struct job *j, const struct job *first);

/* Releases the result of a job, if it has one, unless its mates need it. */
void job_clear(struct job *j);

/* Encodes the parameters of a job and its mates, of which there are at most ROW_IDS_MAX. */
void job_encode(const struct job *j, struct row_params *out);
