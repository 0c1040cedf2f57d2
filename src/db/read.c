/* SPDX-License-Identifier: MIT */
/*
 * The read lane: all reads of a worker go down one connection. What a turn of the loop has asked
 * for goes out in a few pieces, each with one Sync, and what is gathered as one query for all that
 * want it; if a statement fails, the server skips those behind it up to the Sync, and they are sent
 * again.
 */
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "db/hosts.h"
#include "db/internal.h"

enum {
	READS_MAX = 4096 * 2 + 64, /* more than server.max_requests can ask for, Syncs included */
	/*
	 * So many go out without waiting for the end of the turn: PostgreSQL works on them while
	 * the worker reads the next requests. Measured at 32 connections: about a tenth more
	 * than one piece (docs/decisions.md).
	 */
	PIECE = 4,
	TRIES = 3,
	/*
	 * How long requests wait for a database that has gone to be back. One that refuses is not
	 * there; one that is silent may be, and an outage is told within 100 ms; one that has let
	 * us in is there, and slow.
	 */
	GRACE_REFUSED_US = 40000,
	GRACE_SILENT_US = 80000,
	GRACE_SLOW_US = 500000,
	GRACE_LOOK_US = 20000,
	PATIENT_US = 30000000,	 /* see pool_options.patient */
	FIRST_GRACE_US = 1000000 /* a worker that has just started has never been connected */
};

static void append(struct pool *p, struct job *j)
{
	j->next = NULL;
	j->previous = p->last;
	if (p->last != NULL)
		p->last->next = j;
	else
		p->first = j;
	p->last = j;
	p->pending++;
}

static void remove_pending(struct pool *p, struct job *j)
{
	if (j->previous != NULL)
		j->previous->next = j->next;
	else
		p->first = j->next;
	if (j->next != NULL)
		j->next->previous = j->previous;
	else
		p->last = j->previous;
	j->next = j->previous = NULL;
	p->pending--;
}

static bool pending(const struct pool *p, const struct job *j)
{
	return j->previous != NULL || j->next != NULL || p->first == j;
}

/* Those that wait for the same statement, too, as far as one query takes them. */
static void gather(struct pool *p, struct job *j)
{
	size_t n = 1;

	for (struct job *at = p->first, *next = NULL; at != NULL && n < ROW_IDS_MAX; at = next) {
		next = at->next;
		if (at->s != j->s)
			continue;
		remove_pending(p, at);
		job_join(j, at);
		j = at;
		n++;
	}
}

static void finish(struct job *j, enum err e, PGresult *r)
{
	j->err = e;
	j->result = r;
	j->done = true;
	task_wake(j->task, OK);
}

static void again(struct pool *p, struct job *j, enum err e)
{
	if (++j->tries < TRIES)
		append(p, j);
	else
		finish(j, e, NULL);
}

/* What becomes of a job whose statement has failed; r: how, NULL: it was lost. */
static void fail(struct pool *p, struct job *j, const PGresult *r)
{
	enum err e = ERR_DB_UNAVAILABLE;

	if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED)
		return append(p, j);
	if (link_locked(r)) {
		j->blocked = blocked_note(p, j->s);
		e = ERR_BUSY;
	} else if (!(link_stale(&p->read, r) && j->tries == 0)) {
		e = link_error(j->s, j->task, r);
	}
	if (e == ERR_DB_UNAVAILABLE || e == ERR_RETRY)
		again(p, j, e == ERR_RETRY ? ERR_BUSY : e);
	else
		finish(j, e, NULL);
}

static void send_pending(struct pool *p)
{
	struct link *l = &p->read;
	size_t n = 0;

	if (l->state != LINK_UP)
		return;
	while (p->first != NULL && link_has_room(l, 3) && (p->o.pipeline || l->sent_count == 0)) {
		struct job *j = p->first;

		if (n == 0 && !link_send_settings(l))
			return;
		remove_pending(p, j);
		if (j->s->gathered && p->o.pipeline)
			gather(p, j);
		if (!link_send_job(l, j))
			return read_result(p, j, NULL);
		n++;
	}
	if (n > 0 && link_send_sync(l))
		link_flush(l);
}

static void before_wait(struct hook *h)
{
	struct pool *p = OWNER_OF(h, struct pool, hook);

	send_pending(p);
	share_send(p);
}

static enum err run_once(struct pool *p, struct job *j)
{
	if (p->out)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	j->blocked = false;
	append(p, j);
	/* Those that one query answers are worth waiting for. */
	if (!j->s->gathered && p->pending >= PIECE)
		send_pending(p);

	/* A connection that broke meanwhile may have settled it. */
	enum err e = j->done ? OK : task_park();

	if (e == OK)
		return j->err;
	/* The task was ended: what is not sent never will be. */
	if (pending(p, j))
		remove_pending(p, j);
	link_forget(j);
	job_clear(j);
	return e;
}

enum err read_run(struct pool *p, struct job *j)
{
	for (;;) {
		struct blocked *b = blocked_find(p, j->s);

		if (b != NULL && !b->tried)
			return blocked_try(p, b, j);
		if (b != NULL) {
			TRY(blocked_wait(p, b));
			continue;
		}

		enum err e = run_once(p, j);

		if (e != ERR_BUSY || !j->blocked)
			return e;
	}
}

static void answer(struct pool *p, struct job *j, PGresult *r)
{
	bool missed = link_misses(&p->read, j->s);

	for (struct job *at = j; at != NULL; at = job_next(at, j))
		finish(at, OK, r);
	if (missed)
		link_reset(&p->read, "its statements can be prepared now");
}

void read_result(struct pool *p, struct job *j, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return answer(p, j, r);

	bool stale = j->tries == 0 && link_stale(&p->read, r), leaving = link_leaving(r);

	for (struct job *rest = NULL; j != NULL; j = rest) {
		rest = job_part(j);
		fail(p, j, r);
	}
	PQclear(r);
	if (stale)
		link_reset(&p->read, "its plans are stale");
	/* It says so before it closes: what is sent from now on would be lost. */
	else if (leaving)
		link_reset(&p->read, "the server ends it");
}

static int64_t grace(const struct pool *p)
{
	switch (p->read.state) {
	case LINK_CONNECTING:
		return GRACE_SILENT_US;
	case LINK_PREPARING:
		return GRACE_SLOW_US;
	default:
		return GRACE_REFUSED_US;
	}
}

static void on_grace(struct timer *t)
{
	struct pool *p = OWNER_OF(t, struct pool, grace);
	int64_t now = ticks_us();

	bool patient = p->o.patient && p->read.state != LINK_DOWN && now - p->gone < PATIENT_US;

	if (patient || now - p->gone < grace(p))
		return timer_set(&p->grace, now + GRACE_LOOK_US);
	p->out = true;
	/* Who is patient is a person, who is told why. */
	if (!p->o.patient)
		log_error("db",
			  "the database cannot be reached; requests that need it are refused");
	while (p->first != NULL) {
		struct job *j = p->first;

		remove_pending(p, j);
		finish(j, ERR_DB_UNAVAILABLE, NULL);
	}
	lanes_fail_waiters(p);
}

void read_up(struct pool *p)
{
	if (p->out)
		log_warn("db", "the database is back");
	p->out = false;
	timer_clear(&p->grace);
}

void read_down(struct pool *p)
{
	if (p->out || p->grace.slot != 0)
		return;
	p->gone = ticks_us();
	timer_set(&p->grace, p->gone + GRACE_REFUSED_US);
}

struct pool *pool_make(const struct pool_options *o)
{
	struct pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->o = *o;
	p->hosts = hosts_count(o->url);
	p->hook.before_wait = before_wait;
	p->grace.fire = on_grace;
	if (!link_make(&p->read, p, LINK_READ, READS_MAX) || !lanes_make(p)) {
		free(p->read.sent);
		free(p);
		return NULL;
	}
	loop_hook(&p->hook);
	p->gone = ticks_us();
	timer_set(&p->grace, p->gone + FIRST_GRACE_US);
	p->read.wanted = p->lanes[0].link.wanted = true;
	link_open(&p->read);
	link_open(&p->lanes[0].link);
	return p;
}

void pool_free(struct pool *p)
{
	lanes_free(p);
	link_free(&p->read);
	timer_clear(&p->grace);
	free(p);
}
