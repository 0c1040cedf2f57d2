/* SPDX-License-Identifier: MIT */
/*
 * A libpq that talks to nobody: what src/db sends is queued, and the test says when the next answer
 * comes and whether it is a failure. Transactions go as PostgreSQL's do: what is no block commits
 * at its Sync, a failure takes along all up to the Sync, and a block that has failed answers
 * ROLLBACK to its commit. What a connection has prepared stays there, whatever becomes of the
 * transaction, and what it has not prepared it does not know. Each request sends its number along
 * (from 1), and finds it in its result.
 */
#pragma once

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "db/dial.h"
#include "db/row.h"
#include "task/task.h"

enum { WORLD_QUEUE = 64, WORLD_PEOPLE = 4, WORLD_SOCKET = 1000 };

/* Whose statement it is; of a gathered one, whose they are. */
struct people {
	uint8_t n, who[WORLD_PEOPLE];
};

struct pg_result {
	ExecStatusType status;
	const char *state, *command;
	struct people of;
	char ids[WORLD_PEOPLE][16], rows[2];
};

/*
 * (w)rite, (s)hared write, (r)ead, (g)athered read, (b)egin, ro(l)lback, (c)ommit, (p)repare, a dot
 * for a Sync, (o)ther.
 */
struct question {
	char kind;
	char what; /* (p)repare: which; of a statement that goes by its name: that */
	struct people of;
};

enum { WORLD_NAMES = 128 };

struct pg_conn {
	PGTransactionStatusType block;
	bool skips; /* up to the next Sync */
	struct question queue[WORLD_QUEUE];
	size_t queued;
	bool knows[WORLD_NAMES];    /* what was prepared */
	uint8_t open[WORLD_PEOPLE]; /* written, not committed */
	PGresult *answer;
};

static struct {
	size_t results, connections, warnings;
	size_t late;	       /* writes and commits sent for a request that was ended */
	size_t unknown, twice; /* statements that were not prepared, and that were again */
	bool pooled;	       /* whoever connects meets a pooler */
	uint8_t committed[WORLD_PEOPLE]; /* how many of each one's */
} world;

static PGresult *result_make(ExecStatusType status, const char *state, const char *command)
{
	PGresult *r = calloc(1, sizeof *r);

	*r = (struct pg_result){ .status = status, .state = state, .command = command };
	world.results++;
	return r;
}

void PQclear(PGresult *r)
{
	if (r == NULL)
		return;
	world.results--;
	free(r);
}

void PQfinish(PGconn *c)
{
	if (c == NULL)
		return;
	PQclear(c->answer);
	world.connections--;
	free(c);
}

/* Connecting works, in no thread, once the test says so. */
struct dial {
	PGconn *pg;
};

struct dial *dial_start(const struct dial_options *o)
{
	struct dial *d = calloc(1, sizeof *d);

	(void)o;
	d->pg = calloc(1, sizeof *d->pg);
	world.connections++;
	return d;
}

int dial_fd(const struct dial *d)
{
	(void)d;
	return WORLD_SOCKET + 1;
}

struct dialled dial_take(struct dial *d)
{
	struct dialled end = { .pg = d->pg, .pooled = world.pooled };

	free(d);
	return end;
}

void dial_drop(struct dial *d)
{
	PQfinish(d->pg);
	free(d);
}

ConnStatusType PQstatus(const PGconn *c)
{
	(void)c;
	return CONNECTION_OK;
}

int PQsocket(const PGconn *c)
{
	(void)c;
	return WORLD_SOCKET;
}

char *PQerrorMessage(const PGconn *c)
{
	(void)c;
	return (char *)(uintptr_t) "broken";
}

PQnoticeReceiver PQsetNoticeReceiver(PGconn *c, PQnoticeReceiver receiver, void *ctx)
{
	(void)c, (void)ctx;
	return receiver;
}

int PQsetnonblocking(PGconn *c, int on)
{
	(void)c, (void)on;
	return 0;
}

int PQenterPipelineMode(PGconn *c)
{
	(void)c;
	return 1;
}

int PQflush(PGconn *c)
{
	(void)c;
	return 0;
}

int PQconsumeInput(PGconn *c)
{
	(void)c;
	return 1;
}

static int queue(PGconn *c, struct question q)
{
	if (c->queued == WORLD_QUEUE)
		return 0;
	c->queue[c->queued++] = q;
	return 1;
}

/* By its name, or by its text, which is the same here but for those of src/db. */
static char kind_of(const char *text)
{
	static const char *const own[] = { "begin isolation level read committed", "rollback",
					   "postern_commit", "commit" };
	static const char kinds[] = "blcc";

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(text, own[i]) == 0)
			return kinds[i];
	return strchr("wsrg", text[0]) != NULL && text[1] == '\0' ? text[0] : 'o';
}

static struct question question(const char *text, int n, const char *const *values)
{
	struct question q = { .kind = kind_of(text) };
	const struct row_ids *ids = q.kind == 'g' ? (const void *)values[0] : NULL;

	if ((q.kind == 'w' || q.kind == 'c') && task_ended() != OK)
		world.late++;
	if (ids == NULL && n > 0)
		q.of = (struct people){ 1, { (uint8_t)values[0][0] } };
	q.of.n = ids == NULL ? q.of.n : (uint8_t)be32toh(ids->length);
	for (size_t i = 0; ids != NULL && i < q.of.n; i++)
		q.of.who[i] = ids->v[i].uuid.b[0];
	return q;
}

int PQsendQueryParams(PGconn *c, const char *sql, int n, const Oid *types,
		      const char *const *values, const int *lengths, const int *formats, int format)
{
	(void)types, (void)lengths, (void)formats, (void)format;
	return queue(c, question(sql, n, values));
}

int PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *values,
			const int *lengths, const int *formats, int format)
{
	struct question q = question(name, n, values);

	(void)lengths, (void)formats, (void)format;
	q.what = q.kind;
	return queue(c, q);
}

int PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types)
{
	(void)sql, (void)n, (void)types;
	return queue(c, (struct question){ .kind = 'p', .what = kind_of(name) });
}

int PQpipelineSync(PGconn *c)
{
	return queue(c, (struct question){ .kind = '.' });
}

PGTransactionStatusType PQtransactionStatus(const PGconn *c)
{
	return c->block;
}

int PQisBusy(PGconn *c)
{
	return c->answer == NULL;
}

PGresult *PQgetResult(PGconn *c)
{
	PGresult *r = c->answer;

	c->answer = NULL;
	return r;
}

ExecStatusType PQresultStatus(const PGresult *r)
{
	return r == NULL ? PGRES_FATAL_ERROR : r->status;
}

char *PQresultErrorField(const PGresult *r, int field)
{
	return r == NULL || field != PG_DIAG_SQLSTATE ? NULL : (char *)(uintptr_t)r->state;
}

char *PQcmdStatus(PGresult *r)
{
	return r == NULL ? NULL : (char *)(uintptr_t)r->command;
}

char *PQcmdTuples(PGresult *r)
{
	r->rows[0] = (char)('0' + r->of.who[0]);
	return r->rows;
}

/* A row each, the last one who asked first. */
int PQntuples(const PGresult *r)
{
	return r->of.n;
}

int PQnfields(const PGresult *r)
{
	(void)r;
	return 1;
}

int PQgetlength(const PGresult *r, int row, int column)
{
	(void)r, (void)row, (void)column;
	return 16;
}

int PQgetisnull(const PGresult *r, int row, int column)
{
	(void)r, (void)row, (void)column;
	return 0;
}

char *PQgetvalue(const PGresult *r, int row, int column)
{
	(void)column;
	return (char *)(uintptr_t)r->ids[r->of.n - 1 - row];
}
