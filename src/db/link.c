/* SPDX-License-Identifier: MIT */
#include "db/link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/random.h"
#include "db/internal.h"

enum {
	SETUP_US = 5 * 1000000, /* connecting and preparing take no longer */
	/* The first try comes at once. The cap keeps recovery well within a second. */
	BACKOFF_FIRST_US = 20000,
	BACKOFF_MAX_US = 400000
};

static void on_timer(struct timer *t);
static void on_socket(struct watch *w, uint32_t events);

bool link_make(struct link *l, struct pool *p, enum link_kind kind, size_t room)
{
	*l = (struct link){ .pool = p,
			    .kind = kind,
			    .watch = { .fd = -1, .ready = on_socket },
			    .timer.fire = on_timer,
			    .sent = calloc(room, sizeof *l->sent),
			    .sent_room = room };
	return l->sent != NULL;
}

static void on_notice(void *ctx, const PGresult *r)
{
	(void)ctx;
	log_debug("db", "notice: %s", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
}

/* Expects one more result. */
static void expect(struct link *l, enum sent kind, struct job *j)
{
	size_t at = (l->sent_first + l->sent_count++) % l->sent_room;

	l->sent[at] = (struct sent_entry){ kind, j };
	if (j != NULL) {
		j->link = l;
		j->entry = at;
	}
}

static struct sent_entry expected(struct link *l)
{
	struct sent_entry e = l->sent[l->sent_first];

	l->sent_first = (l->sent_first + 1) % l->sent_room;
	/* An idle ring begins anew, so that it touches no more memory than it needs. */
	if (--l->sent_count == 0)
		l->sent_first = 0;
	if (e.job != NULL)
		e.job->link = NULL;
	return e;
}

static void tell_down(struct link *l)
{
	if (l->kind == LINK_READ)
		read_down(l->pool);
	else
		write_down(l);
}

void link_reset(struct link *l, const char *why)
{
	if (l->state == LINK_DOWN)
		return;
	if (why != NULL)
		log_warn("db", "%s connection closed: %s", l->kind == LINK_READ ? "read" : "write",
			 why);
	loop_unwatch(&l->watch);
	timer_clear(&l->timer);
	PQfinish(l->pg);
	l->pg = NULL;
	l->unsent = false;
	l->state = LINK_DOWN;
	if (l->wanted) {
		l->backoff = l->backoff == 0 ? BACKOFF_FIRST_US : l->backoff * 2;
		if (l->backoff > BACKOFF_MAX_US)
			l->backoff = BACKOFF_MAX_US;
		timer_set(&l->timer, ticks_us() + 1 + random_below(l->backoff));
	}
	while (l->sent_count > 0) {
		struct job *j = expected(l).job;

		if (j == NULL)
			continue;
		if (l->kind == LINK_READ)
			read_result(l->pool, j, NULL);
		else
			write_result(l, j, NULL);
	}
	tell_down(l);
}

/* The first line of what libpq has to say. */
static void reset_with_reason(struct link *l)
{
	char reason[200] = "";

	if (l->pg != NULL)
		strncat(reason, PQerrorMessage(l->pg), sizeof reason - 1);
	reason[strcspn(reason, "\n")] = '\0';
	link_reset(l, reason);
}

static void watch(struct link *l, bool write)
{
	uint32_t events = EPOLLIN | (write ? EPOLLOUT : 0U);

	if (loop_watch(&l->watch, PQsocket(l->pg), events) != OK)
		link_reset(l, "cannot be watched");
}

bool link_has_room(const struct link *l, size_t n)
{
	return l->sent_room - l->sent_count >= n;
}

bool link_send_command(struct link *l, const char *sql)
{
	if (PQsendQueryParams(l->pg, sql, 0, NULL, NULL, NULL, NULL, 1) != 1) {
		reset_with_reason(l);
		return false;
	}
	expect(l, SENT_OTHER, NULL);
	return true;
}

bool link_send_sync(struct link *l)
{
	if (PQpipelineSync(l->pg) != 1) {
		reset_with_reason(l);
		return false;
	}
	expect(l, SENT_SYNC, NULL);
	return true;
}

static bool prepare(struct link *l, const struct db_statement *s)
{
	if (PQsendPrepare(l->pg, s->name, s->sql, (int)s->param_count, NULL) != 1) {
		reset_with_reason(l);
		return false;
	}
	expect(l, SENT_OTHER, NULL);
	return true;
}

bool link_send_job(struct link *l, struct job *j)
{
	struct row_params params;
	const struct db_statement *s = j->s;

	row_encode(s, j->in, &params);
	if (PQsendQueryPrepared(l->pg, s->name, (int)s->param_count, params.values, params.lengths,
				params.formats, 1) != 1) {
		reset_with_reason(l);
		return false;
	}
	expect(l, SENT_JOB, j);
	return true;
}

void link_flush(struct link *l)
{
	int left = PQflush(l->pg);

	if (left < 0)
		return reset_with_reason(l);
	if ((left > 0) != l->unsent) {
		l->unsent = left > 0;
		watch(l, l->unsent);
	}
}

void link_forget(struct job *j)
{
	if (j->link != NULL)
		j->link->sent[j->entry].job = NULL;
	j->link = NULL;
}

/* Everything a connection needs before it is used, in one round trip. */
static void set_up(struct link *l)
{
	const struct pool_options *o = &l->pool->o;
	char sql[256];

	timer_set(&l->timer, ticks_us() + SETUP_US);
	l->state = LINK_PREPARING;
	PQsetNoticeReceiver(l->pg, on_notice, NULL);
	if (PQsetnonblocking(l->pg, 1) != 0 || PQenterPipelineMode(l->pg) != 1)
		return reset_with_reason(l);
	snprintf(sql, sizeof sql,
		 "select set_config('statement_timeout', '%lldms', false),"
		 " set_config('lock_timeout', '%lldms', false),"
		 " set_config('default_transaction_read_only', '%s', false)",
		 (long long)(o->statement_timeout_us / 1000),
		 (long long)(o->lock_timeout_us / 1000), l->kind == LINK_READ ? "on" : "off");
	if (!link_send_command(l, sql) || !prepare(l, &ping_statement) ||
	    !prepare(l, &commit_statement))
		return;
	/* A Sync each: one statement that does not fit the schema must not take the others along.
	 */
	for (size_t i = 0; o->statements[i] != NULL; i++)
		if (!link_send_sync(l) || !prepare(l, o->statements[i]))
			return;
	if (!link_send_sync(l))
		return;
	watch(l, false);
	if (l->state == LINK_PREPARING)
		link_flush(l);
}

static void connect_step(struct link *l)
{
	switch (PQconnectPoll(l->pg)) {
	case PGRES_POLLING_READING:
		return watch(l, false);
	case PGRES_POLLING_WRITING:
		if (loop_watch(&l->watch, PQsocket(l->pg), EPOLLOUT) != OK)
			link_reset(l, "cannot be watched");
		return;
	case PGRES_POLLING_OK:
		return set_up(l);
	default:
		reset_with_reason(l);
	}
}

void link_open(struct link *l)
{
	const char *keys[] = { "dbname", "fallback_application_name", "client_encoding", NULL };
	const char *values[] = { l->pool->o.url.p, "postern", "UTF8", NULL };

	if (l->state != LINK_DOWN || l->timer.slot != 0)
		return;
	l->pg = PQconnectStartParams(keys, values, 1);
	l->state = LINK_CONNECTING;
	if (l->pg == NULL || PQstatus(l->pg) == CONNECTION_BAD)
		return reset_with_reason(l);
	timer_set(&l->timer, ticks_us() + SETUP_US);
	/* As if it had said "writing", libpq's documentation asks for the first round. */
	if (loop_watch(&l->watch, PQsocket(l->pg), EPOLLOUT) != OK)
		link_reset(l, "cannot be watched");
}

static void on_timer(struct timer *t)
{
	struct link *l = OWNER_OF(t, struct link, timer);

	if (l->state == LINK_DOWN)
		link_open(l);
	else
		link_reset(l, "the server does not answer");
}

static void came_up(struct link *l)
{
	timer_clear(&l->timer);
	l->state = LINK_UP;
	l->backoff = 0;
	if (l->kind == LINK_READ)
		read_up(l->pool);
	else
		write_up(l);
}

static void take_result(struct link *l, PGresult *r)
{
	struct sent_entry e = expected(l);
	ExecStatusType status = PQresultStatus(r);

	if (e.kind == SENT_JOB && e.job != NULL) {
		if (l->kind == LINK_READ)
			return read_result(l->pool, e.job, r);
		return write_result(l, e.job, r);
	}
	if (e.kind == SENT_OTHER && status == PGRES_FATAL_ERROR)
		log_error("db", "%s", PQresultErrorMessage(r));
	PQclear(r);
	if (e.kind != SENT_SYNC)
		return;
	if (l->state == LINK_PREPARING && l->sent_count == 0)
		came_up(l);
	else if (l->state == LINK_UP && l->kind == LINK_WRITE)
		write_synced(l);
}

static void receive(struct link *l)
{
	int nothing = 0;

	if (PQconsumeInput(l->pg) != 1)
		return reset_with_reason(l);
	/* NULL stands between two statements' results; several at once mean that it has lost count.
	 */
	while (l->pg != NULL && l->sent_count > 0 && nothing < 3 && !PQisBusy(l->pg)) {
		PGresult *r = PQgetResult(l->pg);

		nothing = r == NULL ? nothing + 1 : 0;
		if (r != NULL)
			take_result(l, r);
	}
	if (l->pg != NULL && nothing == 3)
		return link_reset(l, "results are missing");
	if (l->pg != NULL && PQstatus(l->pg) == CONNECTION_BAD)
		reset_with_reason(l);
}

static void on_socket(struct watch *w, uint32_t events)
{
	struct link *l = OWNER_OF(w, struct link, watch);

	if (l->state == LINK_CONNECTING)
		return connect_step(l);
	if (events & ~(uint32_t)EPOLLOUT)
		receive(l);
	if (l->pg != NULL && (events & EPOLLOUT))
		link_flush(l);
}

void link_free(struct link *l)
{
	l->wanted = false;
	link_reset(l, NULL);
	timer_clear(&l->timer);
	free(l->sent);
}

/* SQLSTATE classes and codes: PostgreSQL, appendix A. */
static bool starts(const char *state, const char *with)
{
	return strncmp(state, with, strlen(with)) == 0;
}

bool link_stale(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	/*
	 * 0A000: "cached plan must not change result type"; 26000: the prepared statement has gone;
	 * 25006: failed over to a standby.
	 */
	return state != NULL &&
	       (starts(state, "0A000") || starts(state, "26000") || starts(state, "25006"));
}

static enum err violated(const struct db_statement *s, const PGresult *r)
{
	const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);

	for (const struct db_rule *rule = s->rules; constraint && rule && rule->constraint; rule++)
		if (strcmp(rule->constraint, constraint) == 0)
			return rule->err;
	return OK;
}

enum err link_error(const struct job *j, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (state == NULL)
		return ERR_DB_UNAVAILABLE; /* made by libpq: the connection is gone */
	if (starts(state, "40001") || starts(state, "40P01"))
		return ERR_RETRY;
	if (starts(state, "23") && violated(j->s, r) != OK)
		return violated(j->s, r);
	log_context(task_log_of(j->task));
	log_error("db", "%s: %s: %s", j->s->name, state, message == NULL ? "" : message);
	log_context(NULL);
	if (starts(state, "57014"))
		return ERR_DEADLINE;
	if (starts(state, "55P03"))
		return ERR_BUSY;
	if (starts(state, "08") || starts(state, "53") || starts(state, "57P") ||
	    starts(state, "58") || starts(state, "25006"))
		return ERR_DB_UNAVAILABLE;
	return ERR_INTERNAL;
}
