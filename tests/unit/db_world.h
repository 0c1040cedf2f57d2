/* SPDX-License-Identifier: MIT */
/*
 * A libpq that talks to nobody: what src/db sends is queued, and the test says when the next answer
 * comes and whether it is a failure. Transactions go as PostgreSQL's do: what is no block commits
 * at its Sync, a failure takes along all up to the Sync, and a block that has failed answers
 * ROLLBACK to its commit. Each request sends its number along (from 1), and finds it in its result.
 */
#pragma once

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "db/dial.h"
#include "db/settings.h"
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
 * (w)rite, (s)hared write, (r)ead, (g)athered read, (b)egin, ro(l)lback, (c)ommit, a dot for a
 * Sync, (o)ther.
 */
struct question {
	char kind;
	struct people of;
};

struct pg_conn {
	PGTransactionStatusType block;
	bool skips; /* up to the next Sync */
	struct question queue[WORLD_QUEUE];
	size_t queued;
	uint8_t open[WORLD_PEOPLE]; /* written, not committed */
	PGresult *answer;
};

static struct {
	size_t results, connections, warnings;
	size_t late;			 /* writes and commits sent for a request that was ended */
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
	struct dialled end = { .pg = d->pg };

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

static int queue(PGconn *c, char kind, const struct people *of)
{
	if (c->queued == WORLD_QUEUE)
		return 0;
	c->queue[c->queued] = (struct question){ .kind = kind };
	if (of != NULL)
		c->queue[c->queued].of = *of;
	c->queued++;
	return 1;
}

int PQsendQueryParams(PGconn *c, const char *sql, int n, const Oid *types,
		      const char *const *values, const int *lengths, const int *formats, int format)
{
	(void)n, (void)types, (void)values, (void)lengths, (void)formats, (void)format;
	return queue(c,
		     strncmp(sql, "begin", 5) == 0  ? 'b'
		     : strcmp(sql, "rollback") == 0 ? 'l'
						    : 'o',
		     NULL);
}

int PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *values,
			const int *lengths, const int *formats, int format)
{
	struct people of = { 0 };

	(void)lengths, (void)formats, (void)format;
	if ((name[0] == 'w' || strcmp(name, commit_statement.name) == 0) && task_ended() != OK)
		world.late++;
	if (strcmp(name, commit_statement.name) == 0)
		return queue(c, 'c', NULL);
	if (name[0] == 'g') {
		const struct row_ids *ids = (const void *)values[0];

		of.n = (uint8_t)be32toh(ids->length);
		for (size_t i = 0; i < of.n; i++)
			of.who[i] = ids->v[i].uuid.b[0];
	} else if (n > 0) {
		of = (struct people){ 1, { (uint8_t)values[0][0] } };
	}
	return queue(c, name[0], &of);
}

int PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types)
{
	(void)name, (void)sql, (void)n, (void)types;
	return queue(c, 'o', NULL);
}

int PQpipelineSync(PGconn *c)
{
	return queue(c, '.', NULL);
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

/* --- the server ------------------------------------------------------------------------------ */

static void server_end(PGconn *c, bool commit)
{
	for (size_t i = 0; commit && i < WORLD_PEOPLE; i++)
		world.committed[i] = (uint8_t)(world.committed[i] + c->open[i]);
	memset(c->open, 0, sizeof c->open);
}

/* Whether a Sync would commit something. */
static bool server_commits(const PGconn *c)
{
	static const uint8_t nothing[WORLD_PEOPLE];

	return !c->skips && c->block == PQTRANS_IDLE &&
	       memcmp(c->open, nothing, sizeof nothing) != 0;
}

static struct question server_next(PGconn *c)
{
	struct question q = c->queue[0];

	memmove(c->queue, c->queue + 1, --c->queued * sizeof *c->queue);
	return q;
}

static PGresult *server_sync(PGconn *c, const char *failure)
{
	/* A failed commit comes first, and the Sync's own result behind it. */
	if (failure != NULL) {
		c->skips = true;
		return result_make(PGRES_FATAL_ERROR, failure, NULL);
	}
	server_next(c);
	if (c->skips && c->block == PQTRANS_INTRANS)
		c->block = PQTRANS_INERROR;
	if (c->block == PQTRANS_IDLE)
		server_end(c, !c->skips);
	c->skips = false;
	return result_make(PGRES_PIPELINE_SYNC, NULL, NULL);
}

static PGresult *server_do(PGconn *c, const struct question *q)
{
	PGresult *r = result_make(PGRES_COMMAND_OK, NULL, "");

	r->of = q->of;
	for (size_t i = 0; i < q->of.n; i++)
		memset(r->ids[i], q->of.who[i], sizeof r->ids[i]);
	if (q->kind == 'r' || q->kind == 'g')
		r->status = PGRES_TUPLES_OK;
	if (q->kind == 'w' || q->kind == 's')
		c->open[q->of.who[0] - 1]++;
	if (q->kind == 'b') {
		world.warnings += c->block != PQTRANS_IDLE;
		c->block = PQTRANS_INTRANS;
	}
	if (q->kind == 'c' || q->kind == 'l') {
		bool commit = q->kind == 'c' && c->block == PQTRANS_INTRANS;

		world.warnings += c->block == PQTRANS_IDLE;
		r->command = commit ? "COMMIT" : "ROLLBACK";
		server_end(c, commit);
		c->block = PQTRANS_IDLE;
	}
	return r;
}

/* Answers the oldest question of a connection; failure: an SQLSTATE, or NULL. */
static void server_answer(PGconn *c, const char *failure)
{
	char kind = c->queue[0].kind;

	if (kind == '.') {
		c->answer = server_sync(c, failure);
		return;
	}

	struct question q = server_next(c);

	if (c->skips) {
		c->answer = result_make(PGRES_PIPELINE_ABORTED, NULL, NULL);
	} else if (failure != NULL || (c->block == PQTRANS_INERROR && kind != 'c' && kind != 'l')) {
		c->skips = true;
		if (kind == 'c') { /* that ends the block as well */
			server_end(c, false);
			c->block = PQTRANS_IDLE;
		}
		c->answer = result_make(PGRES_FATAL_ERROR, failure != NULL ? failure : "25P02",
					NULL);
	} else {
		c->answer = server_do(c, &q);
	}
}
