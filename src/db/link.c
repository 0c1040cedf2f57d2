/* SPDX-License-Identifier: MIT */
#include "db/link.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/random.h"
#include "db/dial.h"
#include "db/notice.h"

enum {
	SETUP_US = 5 * 1000000, /* for connecting, once the name is known, and for entering */
	HOST_US = 2 * 1000000,	/* for one of several hosts, until another one is asked first */
	/* The first try comes at once. The cap keeps recovery well within a second. */
	BACKOFF_FIRST_US = 20000,
	BACKOFF_MAX_US = 400000,
	/*
	 * An answer may take so much longer than statement_timeout. PostgreSQL would have given one
	 * by then: it hangs, or the network has lost it, and TCP alone may need a quarter of an
	 * hour to notice.
	 */
	ANSWER_EXTRA_US = 1000000
};

static void on_timer(struct timer *t);
static void on_socket(struct watch *w, uint32_t events);

bool link_make(struct link *l, const struct link_owner *owner, struct link_options *o,
	       enum link_kind kind, size_t room)
{
	*l = (struct link){ .owner = owner,
			    .options = o,
			    .settings = { .statement_timeout_us = o->statement_timeout_us,
					  .lock_timeout_us = o->lock_timeout_us,
					  .reads = kind == LINK_READ },
			    .watch = { .fd = -1, .ready = on_socket },
			    .timer.fire = on_timer };
	return pipeline_make(&l->pipeline, room);
}

/* libpq closes its socket by itself, after an error. */
static bool socket_replaced(struct link *l)
{
	if (l->pipeline.pg != NULL && PQsocket(l->pipeline.pg) == l->watch.fd)
		return false;
	loop_forget(&l->watch);
	return true;
}

static void watch_socket(struct link *l, uint32_t events)
{
	socket_replaced(l);
	if (loop_watch(&l->watch, PQsocket(l->pipeline.pg), events) != OK)
		link_reset(l, "cannot be watched");
}

void link_reset(struct link *l, const char *why)
{
	if (l->state == LINK_DOWN)
		return;
	if (why != NULL)
		log_warn("db", "%s connection closed: %s", l->settings.reads ? "read" : "write",
			 why);
	if (l->dial != NULL || !socket_replaced(l))
		loop_unwatch(&l->watch);
	timer_clear(&l->timer);
	if (l->dial != NULL)
		dial_drop(l->dial);
	l->dial = NULL;
	pipeline_connect(&l->pipeline, NULL, false);
	l->unsent = false;
	l->failed = l->state != LINK_UP;
	l->state = LINK_DOWN;
	if (l->wanted) {
		l->backoff = l->backoff == 0 ? BACKOFF_FIRST_US : l->backoff * 2;
		if (l->backoff > BACKOFF_MAX_US)
			l->backoff = BACKOFF_MAX_US;
		timer_set(&l->timer, ticks_us() + 1 + random_below(l->backoff));
	}
	while (l->pipeline.count > 0) {
		struct sent_entry e = pipeline_take(&l->pipeline);

		if (e.kind == SENT_JOB)
			l->owner->result(l, &e, NULL);
	}
	l->owner->down(l);
}

/* Resets the link, for the reason in the first line of libpq's message. */
static void link_fail(struct link *l)
{
	char reason[200] = "";

	if (l->pipeline.pg != NULL)
		strncat(reason, PQerrorMessage(l->pipeline.pg), sizeof reason - 1);
	reason[strcspn(reason, "\n")] = '\0';
	link_reset(l, reason);
}

static void link_watch(struct link *l, bool write)
{
	watch_socket(l, EPOLLIN | (write ? EPOLLOUT : 0U));
}

/* Whether libpq has taken what was sent; the link fails where it has not. */
static bool taken(struct link *l, bool whether)
{
	if (!whether)
		link_fail(l);
	return whether;
}

bool link_send_settings(struct link *l)
{
	return taken(l, settings_send_each(&l->pipeline, &l->settings));
}

bool link_send_job(struct link *l, struct job *j)
{
	return taken(l, pipeline_send_job(&l->pipeline, j));
}

bool link_send_command(struct link *l, const char *sql)
{
	return taken(l, pipeline_send_command(&l->pipeline, sql));
}

bool link_send_sync(struct link *l)
{
	return taken(l, pipeline_send_sync(&l->pipeline));
}

/* Gives the server time for an answer, from each sign of life anew, while one is expected. */
static void link_await(struct link *l)
{
	if (l->state != LINK_UP)
		return;
	if (l->pipeline.count == 0)
		timer_clear(&l->timer);
	else
		timer_set(&l->timer,
			  ticks_us() + l->settings.statement_timeout_us + ANSWER_EXTRA_US);
}

void link_flush(struct link *l)
{
	int left = PQflush(l->pipeline.pg);

	if (left < 0)
		return link_fail(l);
	if (l->timer.slot == 0)
		link_await(l);
	if ((left > 0) != l->unsent) {
		l->unsent = left > 0;
		link_watch(l, l->unsent);
	}
}

bool link_at_standby(const struct link *l)
{
	const char *standby = PQparameterStatus(l->pipeline.pg, "in_hot_standby");

	return standby != NULL && strcmp(standby, "on") == 0;
}

bool link_in_transaction(const struct link *l)
{
	return l->pipeline.count > 0 || PQtransactionStatus(l->pipeline.pg) != PQTRANS_IDLE;
}

/*
 * Sends all that a connection needs before it is used, in one round trip; a pooled one only has to
 * answer.
 */
static void set_up(struct link *l)
{
	PGconn *pg = l->pipeline.pg;

	timer_set(&l->timer, ticks_us() + SETUP_US);
	l->state = LINK_ENTERING;
	PQsetNoticeReceiver(pg, notice_log, "db");
	if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1)
		return link_fail(l);
	if (!taken(l, settings_send_once(&l->pipeline, &l->settings)) || !link_send_sync(l))
		return;
	link_watch(l, false);
	if (l->state == LINK_ENTERING)
		link_flush(l);
}

static void first_host_silent(struct link *l)
{
	struct link_options *o = l->options;

	/* The first of several connections to find out tells all. */
	if (l->first_host == o->first_host)
		o->first_host = (l->first_host + 1) % o->hosts;
}

/* Takes the result of connecting. */
static void connected(struct link *l)
{
	loop_unwatch(&l->watch);

	struct dialled end = dial_take(l->dial);

	l->dial = NULL;
	pipeline_connect(&l->pipeline, end.pg, end.pooled);
	if (end.silent) {
		first_host_silent(l);
		return link_reset(l, "the server does not answer");
	}
	if (end.pg == NULL || PQstatus(end.pg) != CONNECTION_OK)
		return link_fail(l);
	set_up(l);
}

void link_open(struct link *l)
{
	const struct link_options *o = l->options;
	struct dial_options how = { .url = o->url,
				    .name = "postern",
				    .hosts = o->hosts,
				    .first_host = o->first_host,
				    .anywhere = o->writable && l->settings.reads && l->failed,
				    .patience = o->hosts > 1 ? HOST_US : SETUP_US };

	if (l->state != LINK_DOWN || l->timer.slot != 0)
		return;
	l->first_host = o->first_host;
	l->state = LINK_CONNECTING;
	l->dial = dial_start(&how);
	if (l->dial == NULL)
		return link_reset(l, "no thread is left for connecting");
	if (loop_watch(&l->watch, dial_fd(l->dial), EPOLLIN) != OK)
		link_reset(l, "cannot be watched");
}

static void on_timer(struct timer *t)
{
	struct link *l = OWNER_OF(t, struct link, timer);

	if (l->state == LINK_DOWN)
		return link_open(l);
	link_reset(l, "the server does not answer");
}

static void came_up(struct link *l)
{
	timer_clear(&l->timer);
	l->state = LINK_UP;
	l->up_at = ticks_us();
	l->backoff = 0;
	l->owner->up(l);
}

static const char *message_of(const PGresult *r)
{
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	return text == NULL ? "" : text;
}

/*
 * Statements outside a transaction block commit at their Sync. Where that fails (a deferred
 * constraint, a serialization failure), the failure comes first, and the Sync's own result behind
 * it.
 */
static void take_end(struct link *l, PGresult *r)
{
	if (l->state == LINK_UP)
		return l->owner->undone(l, r);
	log_error("db", "%s", message_of(r));
	PQclear(r);
}

/*
 * Whether the result can be what is expected next. A failure without an SQLSTATE was made by libpq,
 * which then may have lost count of its results: one more and each request would get another one's.
 */
static bool in_step(const struct link *l, const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_FATAL_ERROR)
		return PQresultErrorField(r, PG_DIAG_SQLSTATE) != NULL;
	return (status == PGRES_PIPELINE_SYNC) ==
	       (pipeline_oldest(&l->pipeline)->kind == SENT_SYNC);
}

static void take_result(struct link *l, PGresult *r)
{
	if (!in_step(l, r)) {
		PQclear(r);
		return link_fail(l);
	}

	bool failed = PQresultStatus(r) == PGRES_FATAL_ERROR;

	if (failed && pipeline_oldest(&l->pipeline)->kind == SENT_SYNC)
		return take_end(l, r);

	struct sent_entry e = pipeline_take(&l->pipeline);

	if (e.kind == SENT_JOB)
		return l->owner->result(l, &e, pipeline_result(&l->pipeline, r));
	if (e.kind == SENT_PREPARE)
		return pipeline_note_prepared(&l->pipeline, e.s, r);
	if (failed)
		log_error("db", "%s", message_of(r));
	PQclear(r);
	if (e.kind != SENT_SYNC)
		return;
	if (l->state == LINK_ENTERING && l->pipeline.count == 0)
		came_up(l);
	else if (l->state == LINK_UP && l->owner->synced != NULL)
		l->owner->synced(l);
}

/*
 * Takes libpq's next result; false when there is nothing yet. Where libpq found no memory it may
 * not say so, and leave a result out.
 */
static bool next_result(struct link *l, PGresult **r)
{
	errno = 0;

	bool there = !PQisBusy(l->pipeline.pg);

	*r = there ? PQgetResult(l->pipeline.pg) : NULL;
	if (errno != ENOMEM)
		return there;
	PQclear(*r);
	link_reset(l, "out of memory");
	return false;
}

static void receive(struct link *l)
{
	PGresult *r = NULL;
	int nothing = 0;

	if (PQconsumeInput(l->pipeline.pg) != 1)
		return link_fail(l);
	/*
	 * NULL stands between two statements' results; several in a row mean that libpq has lost
	 * count.
	 */
	while (l->pipeline.pg != NULL && l->pipeline.count > 0 && nothing < 3 &&
	       next_result(l, &r)) {
		nothing = r == NULL ? nothing + 1 : 0;
		if (r != NULL)
			take_result(l, r);
	}
	if (l->pipeline.pg != NULL && nothing == 3)
		return link_reset(l, "results are missing");
	if (l->pipeline.pg != NULL && PQstatus(l->pipeline.pg) == CONNECTION_BAD)
		return link_fail(l);
	link_await(l);
}

static void on_socket(struct watch *w, uint32_t events)
{
	struct link *l = OWNER_OF(w, struct link, watch);

	if (l->state == LINK_CONNECTING)
		return connected(l);
	if (events & ~(uint32_t)EPOLLOUT)
		receive(l);
	if (l->pipeline.pg != NULL && (events & EPOLLOUT))
		link_flush(l);
}

void link_free(struct link *l)
{
	l->wanted = false;
	link_reset(l, NULL);
	timer_clear(&l->timer);
	pipeline_free(&l->pipeline);
}
