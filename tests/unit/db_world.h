/* SPDX-License-Identifier: MIT */
/*
 * A libpq that talks to nobody: what src/db sends is queued, and the test says when the next answer
 * comes and whether it is a failure. Transactions go as PostgreSQL's do: what is no block commits
 * at its Sync, a failure takes along all up to the Sync, and a block that has failed answers
 * ROLLBACK to its commit.
 */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "db/dial.h"
#include "db/internal.h"

enum { WORLD_QUEUE = 64, WORLD_WRITERS = 4 };

struct pg_result {
	ExecStatusType status;
	const char *state, *command;
};

/* kind: the writer's digit; (b)egin, (r)ollback, (c)ommit, (o)ther, (s)ync. */
struct pg_conn {
	int fd;
	PGTransactionStatusType block;
	bool skips; /* up to the next Sync */
	char queue[WORLD_QUEUE];
	size_t queued;
	bool open[WORLD_WRITERS]; /* written, not committed */
	PGresult *answer;
};

static struct {
	size_t results, warnings;
	bool committed[WORLD_WRITERS];
} world;

static PGresult *result_make(ExecStatusType status, const char *state, const char *command)
{
	PGresult *r = calloc(1, sizeof *r);

	*r = (struct pg_result){ status, state, command };
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
	close(c->fd);
	free(c);
}

ConnStatusType PQstatus(const PGconn *c)
{
	(void)c;
	return CONNECTION_OK;
}

int PQsocket(const PGconn *c)
{
	return c->fd;
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
	d->pg->fd = eventfd(0, EFD_CLOEXEC);
	return d;
}

int dial_fd(const struct dial *d)
{
	return d->pg->fd;
}

PGconn *dial_take(struct dial *d, bool *silent)
{
	PGconn *pg = d->pg;

	*silent = false;
	free(d);
	return pg;
}

void dial_drop(struct dial *d)
{
	PQfinish(d->pg);
	free(d);
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

static int queue(PGconn *c, char kind)
{
	if (c->queued == WORLD_QUEUE)
		return 0;
	c->queue[c->queued++] = kind;
	return 1;
}

int PQsendQueryParams(PGconn *c, const char *sql, int n, const Oid *types,
		      const char *const *values, const int *lengths, const int *formats, int format)
{
	(void)n, (void)types, (void)values, (void)lengths, (void)formats, (void)format;
	return queue(c, strcmp(sql, "begin") == 0 ? 'b' : strcmp(sql, "rollback") == 0 ? 'r' : 'o');
}

int PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *values,
			const int *lengths, const int *formats, int format)
{
	(void)n, (void)values, (void)lengths, (void)formats, (void)format;
	return queue(c, strcmp(name, "postern_commit") == 0 ? 'c' : name[strlen(name) - 1]);
}

int PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types)
{
	(void)name, (void)sql, (void)n, (void)types;
	return queue(c, 'o');
}

int PQpipelineSync(PGconn *c)
{
	return queue(c, 's');
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
	(void)r;
	return (char *)(uintptr_t) "1";
}

/* --- the server ------------------------------------------------------------------------------ */

static void server_end(PGconn *c, bool commit)
{
	for (size_t i = 0; i < WORLD_WRITERS; i++)
		world.committed[i] |= commit && c->open[i];
	memset(c->open, 0, sizeof c->open);
}

static PGresult *server_sync(PGconn *c, bool fail)
{
	/* A failed commit comes first, and the Sync's own result behind it. */
	if (fail && !c->skips && c->block == PQTRANS_IDLE) {
		c->skips = true;
		return result_make(PGRES_FATAL_ERROR, "23505", NULL);
	}
	memmove(c->queue, c->queue + 1, --c->queued);
	if (c->skips && c->block == PQTRANS_INTRANS)
		c->block = PQTRANS_INERROR;
	if (c->block == PQTRANS_IDLE)
		server_end(c, !c->skips);
	c->skips = false;
	return result_make(PGRES_PIPELINE_SYNC, NULL, NULL);
}

static PGresult *server_do(PGconn *c, char kind)
{
	const char *command = "";

	if (kind >= '0' && kind < '0' + WORLD_WRITERS) {
		c->open[kind - '0'] = true;
	} else if (kind == 'b') {
		world.warnings += c->block != PQTRANS_IDLE;
		c->block = PQTRANS_INTRANS;
	} else if (kind == 'c' || kind == 'r') {
		bool commit = kind == 'c' && c->block == PQTRANS_INTRANS;

		world.warnings += c->block == PQTRANS_IDLE;
		command = commit ? "COMMIT" : "ROLLBACK";
		server_end(c, commit);
		c->block = PQTRANS_IDLE;
	}
	return result_make(PGRES_COMMAND_OK, NULL, command);
}

/* Answers the oldest question of a connection. */
static void server_answer(PGconn *c, bool fail)
{
	char kind = c->queue[0];

	if (kind == 's') {
		c->answer = server_sync(c, fail);
		return;
	}
	memmove(c->queue, c->queue + 1, --c->queued);
	if (c->skips) {
		c->answer = result_make(PGRES_PIPELINE_ABORTED, NULL, NULL);
	} else if (fail || (c->block == PQTRANS_INERROR && kind != 'c' && kind != 'r')) {
		c->skips = true;
		if (kind == 'c') { /* that ends the block as well */
			server_end(c, false);
			c->block = PQTRANS_IDLE;
		}
		c->answer = result_make(PGRES_FATAL_ERROR, fail ? "53100" : "25P02", NULL);
	} else {
		c->answer = server_do(c, kind);
	}
}
