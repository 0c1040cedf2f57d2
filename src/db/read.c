/* SPDX-License-Identifier: MIT */
#include "db/read.h"

#include "base/instant.h"
#include "db/sqlstate.h"

enum {
	/*
	 * More results than server.max_requests can ask for, Syncs included; a read that does not
	 * fit is sent later.
	 */
	READS_MAX = 4096 * 2 + 64,
	/*
	 * So many reads go out without waiting for the end of the turn: PostgreSQL works on them
	 * while the worker reads the next requests. Measured at 32 connections: about a tenth more
	 * than one piece (docs/decisions.md).
	 */
	PIECE = 4,
	TRIES = 3
};

static void append(struct reads *r, struct job *j)
{
	j->next = NULL;
	j->previous = r->last;
	if (r->last != NULL)
		r->last->next = j;
	else
		r->first = j;
	r->last = j;
	r->pending++;
}

static void remove_pending(struct reads *r, struct job *j)
{
	if (j->previous != NULL)
		j->previous->next = j->next;
	else
		r->first = j->next;
	if (j->next != NULL)
		j->next->previous = j->previous;
	else
		r->last = j->previous;
	j->next = j->previous = NULL;
	r->pending--;
}

static bool pending(const struct reads *r, const struct job *j)
{
	return j->previous != NULL || j->next != NULL || r->first == j;
}

/* Joins the other reads that wait for the same statement, as far as one query takes them. */
static void gather(struct reads *r, struct job *j)
{
	size_t n = 1;

	for (struct job *at = r->first, *next = NULL; at != NULL && n < ROW_IDS_MAX; at = next) {
		next = at->next;
		if (at->s != j->s)
			continue;
		remove_pending(r, at);
		job_join(j, at);
		j = at;
		n++;
	}
}

static void finish(struct job *j, enum err e, PGresult *result)
{
	j->err = e;
	j->result = result;
	j->done = true;
	task_wake(j->task, OK);
}

static void again(struct reads *r, struct job *j, enum err e)
{
	if (++j->tries < TRIES)
		append(r, j);
	else
		finish(j, e, NULL);
}

/* Ends a job whose statement has failed, or has it sent again; NULL: it was lost. */
static void fail(struct reads *r, struct job *j, const PGresult *failure)
{
	enum err e = ERR_DB_UNAVAILABLE;

	if (PQresultStatus(failure) == PGRES_PIPELINE_ABORTED)
		return append(r, j);
	if (sqlstate_locked(failure)) {
		j->locked = true;
		e = ERR_BUSY;
	} else if (!(j->tries == 0 && sqlstate_stale(failure, r->link.up_at))) {
		e = sqlstate_error(j->s, j->task, failure);
	}
	if (e == ERR_DB_UNAVAILABLE || e == ERR_RETRY)
		again(r, j, e == ERR_RETRY ? ERR_BUSY : e);
	else
		finish(j, e, NULL);
}

/* Fails all jobs that one query was to answer; its result is the caller's. */
static void fail_all(struct reads *r, struct job *j, const PGresult *failure)
{
	for (struct job *rest = NULL; j != NULL; j = rest) {
		rest = job_part(j);
		fail(r, j, failure);
	}
}

void reads_send(struct reads *r)
{
	struct link *l = &r->link;
	size_t n = 0;

	if (l->state != LINK_UP)
		return;
	while (r->first != NULL && pipeline_has_room(&l->pipeline, PIPELINE_JOB + 2) &&
	       (r->pipelined || l->pipeline.count == 0)) {
		struct job *j = r->first;

		if (n == 0 && !link_send_settings(l))
			return;
		remove_pending(r, j);
		if (j->s->gathered && r->pipelined)
			gather(r, j);
		if (!link_send_job(l, j))
			return fail_all(r, j, NULL);
		n++;
	}
	if (n > 0 && link_send_sync(l))
		link_flush(l);
}

static enum err wait_for(struct reads *r, struct job *j)
{
	/* A connection that broke meanwhile may have settled the job. */
	enum err e = j->done ? OK : task_park();

	if (e == OK)
		return j->err;
	/* The task was ended: a read that is not sent never will be. */
	if (pending(r, j))
		remove_pending(r, j);
	pipeline_forget(j);
	job_clear(j);
	return e;
}

enum err read_run(struct reads *r, struct job *j)
{
	if (r->out)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	j->locked = false;
	append(r, j);
	/* Reads that one query answers are worth waiting for. */
	if (!j->s->gathered && r->pending >= PIECE)
		reads_send(r);
	return wait_for(r, j);
}

static void answer(struct job *j, PGresult *result)
{
	for (struct job *at = j; at != NULL; at = job_next(at, j))
		finish(at, OK, result);
}

static void read_result(struct link *l, const struct sent_entry *e, PGresult *result)
{
	struct reads *r = OWNER_OF(l, struct reads, link);
	ExecStatusType status = PQresultStatus(result);

	if (e->job == NULL)
		return PQclear(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return answer(e->job, result);

	bool stale = e->job->tries == 0 && sqlstate_stale(result, l->up_at);
	bool leaving = sqlstate_leaving(result);

	fail_all(r, e->job, result);
	PQclear(result);
	if (stale)
		link_reset(l, "its plans are stale");
	/* The server says so before it closes: a read sent from now on would be lost. */
	else if (leaving)
		link_reset(l, "the server ends it");
}

/* A read holds, whatever becomes of its transaction. */
static void read_undone(struct link *l, PGresult *result)
{
	(void)l;
	sqlstate_error(NULL, NULL, result);
	PQclear(result);
}

static void read_up(struct link *l)
{
	struct reads *r = OWNER_OF(l, struct reads, link);

	r->up(r);
}

static void read_down(struct link *l)
{
	struct reads *r = OWNER_OF(l, struct reads, link);

	r->down(r);
}

bool reads_make(struct reads *r, struct link_options *o)
{
	static const struct link_owner owner = {
		.up = read_up, .down = read_down, .result = read_result, .undone = read_undone
	};

	return link_make(&r->link, &owner, o, LINK_READ, READS_MAX);
}

void reads_open(struct reads *r)
{
	r->link.wanted = true;
	link_open(&r->link);
}

void reads_free(struct reads *r)
{
	link_free(&r->link);
}

void reads_give_up(struct reads *r)
{
	r->out = true;
	while (r->first != NULL) {
		struct job *j = r->first;

		remove_pending(r, j);
		finish(j, ERR_DB_UNAVAILABLE, NULL);
	}
}
