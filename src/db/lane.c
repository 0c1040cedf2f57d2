/* SPDX-License-Identifier: MIT */
#include "db/lane.h"

#ifdef POSTERN_SAN
#include <assert.h>
#endif

#include "base/log.h"
#include "db/sqlstate.h"

bool lane_may_use(const struct lane *l, const void *holder, bool idle)
{
	bool may = l->state == LANE_HELD && holder != NULL && l->holder == holder &&
		   l->use == NULL && idle;

	if (!may)
		log_error("db", "a write connection was to be used by one that does not hold it");
#ifdef POSTERN_SAN
	assert(may);
#endif
	return may;
}

void lane_take(struct lane *l, const void *holder)
{
	timer_clear(&l->idle);
	l->state = LANE_HELD;
	l->holder = holder;
	l->broken = false;
}

/*
 * A statement that waits for a lock sees behind it what the one before has committed; by a snapshot
 * of the beginning, as the database or the role may ask for, it would decide without that.
 */
static const char begin_sql[] = "begin isolation level read committed";

static bool send(struct lane *l, struct job *j, enum lane_part part)
{
	if (part == LANE_FIRST && !link_send_command(&l->link, begin_sql))
		return false;
	if ((part == LANE_FIRST || part == LANE_WHOLE) && !link_send_settings(&l->link))
		return false;
	return lane_send(l, j) && link_send_sync(&l->link);
}

void lane_begin(struct lane *l, const struct lane_use *use, bool ends)
{
	l->use = use;
	l->ends = ends;
	l->failed = OK;
	l->unproved = 0;
}

bool lane_send(struct lane *l, struct job *j)
{
	l->unproved++;
	return link_send_job(&l->link, j);
}

void lane_end(struct lane *l)
{
	l->use = NULL;
}

enum err lane_outcome(const struct lane *l)
{
	if (l->failed != OK)
		return l->failed;
	/* Statements that nobody knows to have worked, or that are not committed yet. */
	if (l->unproved > 0 || (l->ends && link_in_transaction(&l->link)))
		return ERR_DB_UNAVAILABLE;
	return OK;
}

static void tell(struct job *j, enum err e)
{
	if (e != OK) {
		job_clear(j);
		j->err = e;
	}
	j->done = true;
	task_wake(j->task, OK);
}

static void run_done(struct lane *l)
{
	tell(l->job, lane_outcome(l));
}

/*
 * Nobody knows whether the statement was carried out, so it is not sent again. A result may be
 * there, and no word that it holds.
 */
static void run_lost(struct lane *l)
{
	tell(l->job, ERR_DB_UNAVAILABLE);
}

/* Sends a job and waits; OK: the job is done, one way or the other. */
static enum err run(struct lane *l, struct job *j, enum lane_part part)
{
	static const struct lane_use use = { .skipped = ERR_DB_UNAVAILABLE,
					     .done = run_done,
					     .lost = run_lost };

	l->job = j;
	lane_begin(l, &use, part == LANE_WHOLE || part == LANE_LAST);
	if (!send(l, j, part))
		return ERR_DB_UNAVAILABLE;
	link_flush(&l->link);
	return j->done ? OK : task_park();
}

enum err lane_run(struct lane *l, const void *holder, struct job *j, enum lane_part part)
{
	enum err e = task_ended();

	if (e != OK)
		return e;
	if (!lane_may_use(l, holder, l->link.pipeline.count == 0))
		return ERR_INTERNAL;
	if (l->link.state != LINK_UP || l->broken)
		return ERR_DB_UNAVAILABLE;
	job_begin(j);
	e = run(l, j, part);
	lane_end(l);
	l->job = NULL;
	if (e == OK && j->done)
		return j->err;
	pipeline_forget(j);
	job_clear(j);
	return e;
}

/* Why a statement (NULL: the Sync) has failed; t: the task that waits for it, or NULL. */
static enum err judge(struct lane *l, const struct db_statement *s, const struct task *t,
		      const PGresult *r)
{
	if (r == NULL)
		return ERR_DB_UNAVAILABLE;
	if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED)
		return l->use == NULL ? ERR_DB_UNAVAILABLE : l->use->skipped;
	if (!sqlstate_stale(r, l->link.up_at))
		return sqlstate_error(s, t, r);
	l->stale = true;
	return ERR_RETRY;
}

static void fail(struct lane *l, enum err e)
{
	if (l->failed == OK)
		l->failed = e;
}

void lane_result(struct link *link, const struct sent_entry *sent, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	struct job *j = sent->job;
	ExecStatusType status = PQresultStatus(r);
	bool worked = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	enum err e = worked ? OK : judge(l, sent->s, j == NULL ? NULL : j->task, r);

	if (worked) {
		l->unproved--;
	} else {
		fail(l, e);
	}
	if (j != NULL)
		j->err = e;
	if (j != NULL && worked)
		j->result = r;
	else
		PQclear(r);
}

void lane_undone(struct link *link, PGresult *r)
{
	struct lane *l = OWNER_OF(link, struct lane, link);
	const struct job *j = l->job;

	fail(l, judge(l, j == NULL ? NULL : j->s, j == NULL ? NULL : j->task, r));
	PQclear(r);
}
