/* SPDX-License-Identifier: MIT */
#include "db/pipeline.h"

#include <stdlib.h>

bool pipeline_make(struct pipeline *p, size_t room)
{
	*p = (struct pipeline){ .ring = calloc(room, sizeof *p->ring), .room = room };
	return p->ring != NULL;
}

void pipeline_free(struct pipeline *p)
{
	free(p->ring);
	prepared_free(&p->prepared);
}

void pipeline_connect(struct pipeline *p, PGconn *pg, bool pooled)
{
	PQclear(p->refusal);
	p->refusal = NULL;
	PQfinish(p->pg);
	p->pg = pg;
	p->pooled = pooled;
	prepared_forget(&p->prepared);
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

/* Expects a result if libpq has taken what was sent: `taken` is 1 then. */
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
	p->piece++;
	return sent(p, PQpipelineSync(p->pg), (struct sent_entry){ .kind = SENT_SYNC });
}

/* Asks for a statement to be prepared. */
static bool send_prepare(struct pipeline *p, struct prepared_entry *e)
{
	const struct db_statement *s = e->s;
	int taken = PQsendPrepare(p->pg, s->name, s->sql, (int)s->param_count, NULL);

	e->state = PREPARED_ASKED;
	e->piece = p->piece;
	return sent(p, taken, (struct sent_entry){ .kind = SENT_PREPARE, .s = s });
}

/*
 * Whether a job goes by its statement's name. Behind a pooler none does: the name would be another
 * connection's. Nor does a job whose statement was asked for in an earlier piece, and may not come.
 */
static bool goes_by_name(const struct pipeline *p, const struct prepared_entry *e)
{
	return e != NULL &&
	       (e->state == PREPARED_THERE || (e->state == PREPARED_ASKED && e->piece == p->piece));
}

bool pipeline_send_job(struct pipeline *p, struct job *j)
{
	const struct db_statement *s = j->s;
	struct prepared_entry *e = p->pooled ? NULL : prepared_entry(&p->prepared, s);
	struct row_params v;
	int n = (int)s->param_count, taken = 0;

	if (e != NULL && e->state == PREPARED_NOT && !send_prepare(p, e))
		return false;
	job_encode(j, &v);
	if (goes_by_name(p, e))
		taken = PQsendQueryPrepared(p->pg, s->name, n, v.values, v.lengths, v.formats, 1);
	else
		taken = PQsendQueryParams(p->pg, s->sql, n, NULL, v.values, v.lengths, v.formats,
					  1);
	return sent(p, taken, (struct sent_entry){ .kind = SENT_JOB, .s = s, .job = j });
}

void pipeline_note_prepared(struct pipeline *p, const struct db_statement *s, PGresult *r)
{
	struct prepared_entry *e = prepared_entry(&p->prepared, s);
	ExecStatusType status = PQresultStatus(r);

	e->state = status == PGRES_COMMAND_OK ? PREPARED_THERE : PREPARED_NOT;
	if (status != PGRES_FATAL_ERROR)
		return PQclear(r);
	PQclear(p->refusal);
	p->refusal = r;
}

PGresult *pipeline_result(struct pipeline *p, PGresult *r)
{
	PGresult *refusal = p->refusal;

	if (refusal == NULL)
		return r;
	PQclear(r);
	p->refusal = NULL;
	return refusal;
}

void pipeline_forget(struct job *j)
{
	struct pipeline *p = j->pipeline;

	if (p == NULL)
		return;

	p->ring[j->entry].job = job_part(j);
	j->pipeline = NULL;
}
