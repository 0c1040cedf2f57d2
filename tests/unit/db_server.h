/* SPDX-License-Identifier: MIT */
/* The server behind db_world.h's libpq: what it makes of the questions, one at a time. */
#pragma once

#include "db_world.h"

static void server_end(PGconn *c, bool commit)
{
	for (size_t i = 0; commit && i < WORLD_PEOPLE; i++)
		world.committed[i] = (uint8_t)(world.committed[i] + c->open[i]);
	memset(c->open, 0, sizeof c->open);
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
	if (q->kind == 'p')
		c->knows[(size_t)q->what] = true;
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

/* Why it cannot be done; NULL: it can. */
static const char *server_refuses(const PGconn *c, const struct question *q)
{
	if (c->block == PQTRANS_INERROR && strchr("cl", q->kind) == NULL && q->what != 'c')
		return "25P02";
	if (q->kind == 'p' && c->knows[(size_t)q->what]) {
		world.twice++;
		return "42P05";
	}
	if (q->kind != 'p' && q->what != 0 && !c->knows[(size_t)q->what]) {
		world.unknown++;
		return "26000";
	}
	return NULL;
}

/* Answers the oldest question of a connection; failure: an SQLSTATE, or NULL. */
static void server_answer(PGconn *c, const char *failure)
{
	if (c->queue[0].kind == '.') {
		c->answer = server_sync(c, failure);
		return;
	}

	struct question q = server_next(c);

	if (c->skips) {
		c->answer = result_make(PGRES_PIPELINE_ABORTED, NULL, NULL);
		return;
	}
	if (failure == NULL)
		failure = server_refuses(c, &q);
	if (failure == NULL) {
		c->answer = server_do(c, &q);
		return;
	}
	c->skips = true;
	if (q.kind == 'c') { /* that ends the block as well */
		server_end(c, false);
		c->block = PQTRANS_IDLE;
	}
	c->answer = result_make(PGRES_FATAL_ERROR, failure, NULL);
}
