/* SPDX-License-Identifier: MIT */
/*
 * Jobs that one query answers. They form a ring, from when they are sent until each has taken its
 * row: the last one to leave releases the result.
 */
#include "db/job.h"

void job_begin(struct job *j)
{
	j->task = task_self();
	j->done = false;
	j->err = ERR_DB_UNAVAILABLE;
}

void job_join(struct job *j, struct job *mate)
{
	mate->mate = j->mate == NULL ? j : j->mate;
	j->mate = mate;
}

struct job *job_part(struct job *j)
{
	struct job *rest = j->mate, *before = rest;

	if (rest == NULL)
		return NULL;
	while (before->mate != j)
		before = before->mate;
	before->mate = before == rest ? NULL : rest;
	j->mate = NULL;
	return rest;
}

void job_clear(struct job *j)
{
	if (job_part(j) == NULL)
		PQclear(j->result);
	j->result = NULL;
}

struct job *job_next(const struct job *j, const struct job *first)
{
	return j->mate == first ? NULL : j->mate;
}

void job_encode(const struct job *j, struct row_params *out)
{
	if (!j->s->gathered)
		return row_encode(j->s, j->in, j->lists, out);
	row_begin_ids(out);
	for (const struct job *at = j; at != NULL; at = job_next(at, j))
		row_add_id(j->s, at->in, out);
}
