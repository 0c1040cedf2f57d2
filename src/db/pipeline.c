/* SPDX-License-Identifier: MIT */
#include "db/pipeline.h"

#include <stdlib.h>

bool pipeline_make(struct pipeline *p, size_t room, size_t statements)
{
	*p = (struct pipeline){ .ring = calloc(room, sizeof *p->ring),
				.room = room,
				.missing = calloc(statements + 1, sizeof(struct db_statement *)) };
	return p->ring != NULL && p->missing != NULL;
}

void pipeline_free(struct pipeline *p)
{
	free(p->ring);
	free(p->missing);
}

void pipeline_connect(struct pipeline *p, PGconn *pg, bool pooled)
{
	PQfinish(p->pg);
	p->pg = pg;
	p->pooled = pooled;
	p->missing_count = 0;
}

static void expect(struct pipeline *p, struct sent_entry e)
{
	size_t at = (p->first + p->count++) % p->room;

	p->ring[at] = e;
	if (e.kind != SENT_JOB)
		return;

	for (struct job *j = e.job; j != NULL; j = job_next(j, e.job)) {
		j->pipeline = p;
		j->entry = at;
	}
}

const struct sent_entry *pipeline_oldest(const struct pipeline *p)
{
	return &p->ring[p->first];
}

struct sent_entry pipeline_take(struct pipeline *p)
{
	struct sent_entry e = *pipeline_oldest(p);

	p->first = (p->first + 1) % p->room;
	/* An idle ring begins anew, so that it touches no more memory than it needs. */
	if (--p->count == 0)
		p->first = 0;
	if (e.kind == SENT_JOB)
		for (struct job *j = e.job; j != NULL; j = job_next(j, e.job))
			j->pipeline = NULL;
	return e;
}

bool pipeline_has_room(const struct pipeline *p, size_t n)
{
	return p->room - p->count >= n;
}

/* Expects the result of what libpq has taken, if it has: `taken` is 1 then. */
static bool sent(struct pipeline *p, int taken, struct sent_entry e)
{
	if (taken != 1)
		return false;
	expect(p, e);
	return true;
}

bool pipeline_send_command(struct pipeline *p, const char *sql)
{
	int taken = PQsendQueryParams(p->pg, sql, 0, NULL, NULL, NULL, NULL, 1);

	return sent(p, taken, (struct sent_entry){ .kind = SENT_OTHER });
}

bool pipeline_send_sync(struct pipeline *p)
{
	return sent(p, PQpipelineSync(p->pg), (struct sent_entry){ .kind = SENT_SYNC });
}

bool pipeline_send_prepare(struct pipeline *p, const struct db_statement *s)
{
	int taken = PQsendPrepare(p->pg, s->name, s->sql, (int)s->param_count, NULL);

	return sent(p, taken, (struct sent_entry){ .kind = SENT_PREPARE, .s = s });
}

void pipeline_note_missing(struct pipeline *p, const struct db_statement *s)
{
	p->missing[p->missing_count++] = s;
}

bool pipeline_misses(const struct pipeline *p, const struct db_statement *s)
{
	for (size_t i = 0; i < p->missing_count; i++)
		if (p->missing[i] == s)
			return true;
	return false;
}

bool pipeline_send_job(struct pipeline *p, struct job *j)
{
	const struct db_statement *s = j->s;
	struct row_params v;
	int n = (int)s->param_count, taken = 0;

	job_encode(j, &v);
	if (p->pooled || pipeline_misses(p, s))
		taken = PQsendQueryParams(p->pg, s->sql, n, NULL, v.values, v.lengths, v.formats,
					  1);
	else
		taken = PQsendQueryPrepared(p->pg, s->name, n, v.values, v.lengths, v.formats, 1);
	return sent(p, taken, (struct sent_entry){ .kind = SENT_JOB, .s = s, .job = j });
}

void pipeline_forget(struct job *j)
{
	struct pipeline *p = j->pipeline;

	if (p == NULL)
		return;

	p->ring[j->entry].job = job_part(j);
	j->pipeline = NULL;
}
