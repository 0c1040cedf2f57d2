/* SPDX-License-Identifier: MIT */
#include "db/db.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "db/pool_parts.h"

static const struct db_statement ping_statement = { .name = "postern_ping", .sql = "select" };
static const struct db_statement commit_statement = { .name = "postern_commit",
						      .sql = "commit",
						      .write = true };

/* Gives the lane back, if there is one: also when memory ran out, or the request was left early. */
static void abandon(void *p)
{
	struct db *db = p;

	if (db->lane != NULL)
		lanes_release(db->lane, db);
	db->lane = NULL;
}

struct db *db_open(struct pool *p, struct arena *a)
{
	struct db *db = arena_new(a, struct db);

	db->pool = p;
	db->arena = a;
	arena_defer(a, abandon, db);
	return db;
}

enum err db_begin(struct db *db)
{
	if (!db->transaction)
		TRY(lanes_acquire(&db->pool->lanes, db, &db->lane));
	db->begin |= !db->transaction;
	db->transaction = true;
	return OK;
}

bool db_in_transaction(const struct db *db)
{
	return db->transaction;
}

void db_settle(struct db *db)
{
	assert(!db->transaction);
	db->wrote = false;
}

/*
 * Runs one statement outside a transaction of the request's: in a shared one, or on a lane of its
 * own.
 */
static enum err run_alone(struct db *db, struct job *j)
{
	/* Two writes could leave the first one standing when the second fails: db_begin is due. */
	if (db->wrote) {
		log_error("db", "%s: a second write without a transaction", j->s->name);
		return ERR_INTERNAL;
	}
	db->wrote = true;
	if (j->s->shared && !db->alone) {
		enum err shared = share_run(&db->pool->share, j);

		db->alone = shared == ERR_RETRY;
		return shared;
	}
	TRY(lanes_acquire(&db->pool->lanes, db, &db->lane));

	enum err e = lane_run(db->lane, db, j, LANE_WHOLE);

	abandon(db);
	return e;
}

static enum err run_somewhere(struct db *db, struct job *j)
{
	if (db->transaction) {
		enum lane_part part = db->begin ? LANE_FIRST : LANE_INNER;

		if (db->lane == NULL)
			return ERR_DB_UNAVAILABLE;
		db->begin = false;
		return lane_run(db->lane, db, j, part);
	}
	return j->s->write ? run_alone(db, j) : blocked_read(&db->pool->blocked, j);
}

static enum err run(struct db *db, struct job *j)
{
	if (j->s->write && db->pool->changes_nothing) {
		log_error("db", "%s: nothing was to be changed here", j->s->name);
		return ERR_INTERNAL;
	}
	j->lists = row_lists(j->s, j->in, db->arena);
	TRY(run_somewhere(db, j));
	db->changed |= j->s->write && strcmp(PQcmdTuples(j->result), "0") != 0;
	return OK;
}

static enum err commit(struct db *db)
{
	struct job j = { .s = &commit_statement };

	if (db->lane == NULL)
		return ERR_DB_UNAVAILABLE; /* the transaction was rolled back */
	TRY(lane_run(db->lane, db, &j, LANE_LAST));

	/* PostgreSQL answers ROLLBACK to the commit of a transaction that had failed. */
	const char *status = PQcmdStatus(j.result);
	enum err e = status == NULL		     ? ERR_DB_UNAVAILABLE
		     : strcmp(status, "COMMIT") == 0 ? OK
						     : ERR_INTERNAL;

	PQclear(j.result);
	return e;
}

enum err db_finish(struct db *db, enum err result)
{
	if (db->transaction && !db->begin && result == OK)
		result = commit(db);
	abandon(db);
	db->transaction = db->begin = db->wrote = false;
	return result;
}

static enum err copy_rows(const struct db_statement *s, const PGresult *r, struct arena *a,
			  struct db_rows *rows)
{
	rows->n = (size_t)PQntuples(r);
	rows->v = arena_array(a, rows->n, s->row_size);
	for (size_t i = 0; i < rows->n; i++)
		TRY(row_decode(s, r, (int)i, a, (char *)rows->v + i * s->row_size));
	return OK;
}

static void clear(void *job)
{
	job_clear(job);
}

/* Runs a statement; its result is kept until the arena is emptied. */
static enum err run_kept(struct db *db, const struct db_statement *s, const void *in,
			 const PGresult **result)
{
	struct job *j = arena_new(db->arena, struct job);

	j->s = s;
	j->in = in;
	/*
	 * The clearing is arranged beforehand, for memory may run out here too, and others may
	 * point at this job by then.
	 */
	arena_defer(db->arena, clear, j);
	TRY(run(db, j));
	*result = j->result;
	return OK;
}

enum err db_many(struct db *db, const struct db_statement *s, const void *in, struct db_rows *rows)
{
	const PGresult *r = NULL;

	TRY(run_kept(db, s, in, &r));
	return copy_rows(s, r, db->arena, rows);
}

enum err db_one(struct db *db, const struct db_statement *s, const void *in, void *row)
{
	const PGresult *r = NULL;

	TRY(run_kept(db, s, in, &r));

	int i = row_find(s, r, in);

	return i < 0 ? ERR_NO_ROW : row_decode(s, r, i, db->arena, row);
}

enum err db_exec(struct db *db, const struct db_statement *s, const void *in, int64_t *affected)
{
	struct job j = { .s = s, .in = in };
	int64_t n = 0;

	TRY(run(db, &j));
	str_to_i64(str_from(PQcmdTuples(j.result)), 0, INT64_MAX, &n);
	PQclear(j.result);
	if (affected != NULL)
		*affected = n;
	return OK;
}

bool db_changed(const struct db *db)
{
	return db->changed;
}

enum err db_ping(struct db *db)
{
	return db_exec(db, &ping_statement, NULL, NULL);
}

bool db_url_valid(struct secret url)
{
	char *error = NULL;
	PQconninfoOption *parsed = url.p == NULL ? NULL : PQconninfoParse(url.p, &error);

	PQfreemem(error);
	PQconninfoFree(parsed);
	return parsed != NULL;
}
