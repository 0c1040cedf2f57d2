/* SPDX-License-Identifier: MIT */
#include "db/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/random.h"
#include "db/dial.h"
#include "db/internal.h"
#include "db/notice.h"

enum {
	SETUP_US = 5 *
		   1000000, /* connecting takes no longer, once the name is known; preparing too */
	HOST_US = 2 * 1000000, /* of several hosts, until another one is asked first */
	/* The first try comes at once. The cap keeps recovery well within a second. */
	BACKOFF_FIRST_US = 20000,
	BACKOFF_MAX_US = 400000
};

static void on_timer(struct timer *t);
static void on_socket(struct watch *w, uint32_t events);

bool link_make(struct link *l, struct pool *p, enum link_kind kind, size_t room)
{
	size_t statements = 0;

	while (p->o.statements[statements] != NULL)
		statements++;
	room += 2 * statements;
	*l = (struct link){ .pool = p,
			    .kind = kind,
			    .watch = { .fd = -1, .ready = on_socket },
			    .timer.fire = on_timer,
			    .sent = calloc(room, sizeof *l->sent),
			    .sent_room = room,
			    .missing = calloc(statements + 1, sizeof(struct db_statement *)) };
	return l->sent != NULL && l->missing != NULL;
}

static void tell_down(struct link *l)
{
	if (l->kind == LINK_READ)
		read_down(l->pool);
	else
		write_down(l);
}

/* libpq closes its socket by itself, after an error. */
static bool socket_replaced(struct link *l)
{
	if (l->pg != NULL && PQsocket(l->pg) == l->watch.fd)
		return false;
	loop_forget(&l->watch);
	return true;
}

static void watch_socket(struct link *l, uint32_t events)
{
	socket_replaced(l);
	if (loop_watch(&l->watch, PQsocket(l->pg), events) != OK)
		link_reset(l, "cannot be watched");
}

static void take_job(struct link *l, const struct sent_entry *e, PGresult *r)
{
	if (l->kind == LINK_WRITE)
		write_result(l, e, r);
	else if (e->job != NULL)
		read_result(l->pool, e->job, r);
	else
		PQclear(r);
}

void link_reset(struct link *l, const char *why)
{
	if (l->state == LINK_DOWN)
		return;
	if (why != NULL)
		log_warn("db", "%s connection closed: %s", l->kind == LINK_READ ? "read" : "write",
			 why);
	if (l->dial != NULL || !socket_replaced(l))
		loop_unwatch(&l->watch);
	timer_clear(&l->timer);
	if (l->dial != NULL)
		dial_drop(l->dial);
	l->dial = NULL;
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
		struct sent_entry e = link_expected(l);

		if (e.kind == SENT_JOB)
			take_job(l, &e, NULL);
	}
	tell_down(l);
}

/* The first line of what libpq has to say. */
void link_fail(struct link *l)
{
	char reason[200] = "";

	if (l->pg != NULL)
		strncat(reason, PQerrorMessage(l->pg), sizeof reason - 1);
	reason[strcspn(reason, "\n")] = '\0';
	link_reset(l, reason);
}

void link_watch(struct link *l, bool write)
{
	watch_socket(l, EPOLLIN | (write ? EPOLLOUT : 0U));
}

/* Everything a connection needs before it is used, in one round trip. */
static void set_up(struct link *l)
{
	timer_set(&l->timer, ticks_us() + SETUP_US);
	l->state = LINK_PREPARING;
	l->missing_count = 0;
	PQsetNoticeReceiver(l->pg, notice_log, "db");
	if (PQsetnonblocking(l->pg, 1) != 0 || PQenterPipelineMode(l->pg) != 1)
		return link_fail(l);
	/* Of a pooled one nothing but that it answers. */
	if (l->pooled ? !link_send_sync(l) : !link_send_setup(l))
		return;
	link_watch(l, false);
	if (l->state == LINK_PREPARING)
		link_flush(l);
}

static void first_host_silent(struct link *l)
{
	/* One of several connections says it for all. */
	if (l->first_host == l->pool->first_host)
		l->pool->first_host = (l->first_host + 1) % l->pool->hosts;
}

/* What became of connecting. */
static void connected(struct link *l)
{
	loop_unwatch(&l->watch);

	struct dialled end = dial_take(l->dial);

	l->dial = NULL;
	l->pg = end.pg;
	l->pooled = end.pooled;
	if (end.silent) {
		first_host_silent(l);
		return link_reset(l, "the server does not answer");
	}
	if (l->pg == NULL || PQstatus(l->pg) != CONNECTION_OK)
		return link_fail(l);
	set_up(l);
}

void link_open(struct link *l)
{
	struct pool *p = l->pool;
	struct dial_options how = { .url = p->o.url,
				    .name = "postern",
				    .hosts = p->hosts,
				    .first_host = p->first_host,
				    .patience = p->hosts > 1 ? HOST_US : SETUP_US };

	if (l->state != LINK_DOWN || l->timer.slot != 0)
		return;
	l->first_host = p->first_host;
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
	if (l->kind == LINK_READ)
		read_up(l->pool);
	else
		write_up(l);
}

static const char *message_of(const PGresult *r)
{
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	return text == NULL ? "" : text;
}

/*
 * What is no transaction block commits at its Sync. Where that fails (a deferred constraint, a
 * serialization failure), this comes first, and the Sync's own result behind it.
 */
static void take_end(struct link *l, PGresult *r)
{
	if (l->state == LINK_UP && l->kind == LINK_WRITE)
		return write_undone(l, r);
	log_error("db", "%s", message_of(r));
	PQclear(r);
}

/*
 * Whether it can be what is expected next. A failure without an SQLSTATE was made by libpq, which
 * then may have lost count of its results: one more and each request would get another one's.
 */
static bool in_step(const struct link *l, const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_FATAL_ERROR)
		return PQresultErrorField(r, PG_DIAG_SQLSTATE) != NULL;
	return (status == PGRES_PIPELINE_SYNC) == (l->sent[l->sent_first].kind == SENT_SYNC);
}

static void take_result(struct link *l, PGresult *r)
{
	if (!in_step(l, r)) {
		PQclear(r);
		return link_fail(l);
	}

	bool failed = PQresultStatus(r) == PGRES_FATAL_ERROR;

	if (failed && l->sent[l->sent_first].kind == SENT_SYNC)
		return take_end(l, r);

	struct sent_entry e = link_expected(l);

	if (e.kind == SENT_JOB)
		return take_job(l, &e, r);
	if (e.kind == SENT_PREPARE && failed) {
		/* One line says it for all that follow. */
		if (l->missing_count == 0)
			log_warn("db", "%s cannot be prepared: %s", e.s->name, message_of(r));
		l->missing[l->missing_count++] = e.s;
	} else if (failed) {
		log_error("db", "%s", message_of(r));
	}
	PQclear(r);
	if (e.kind != SENT_SYNC)
		return;
	if (l->state == LINK_PREPARING && l->sent_count == 0)
		came_up(l);
	else if (l->state == LINK_UP && l->kind == LINK_WRITE)
		write_synced(l);
}

/*
 * Takes what libpq has next; false when that is nothing yet. Where it found no memory it may not
 * say so, and leave a result out.
 */
static bool next_result(struct link *l, PGresult **r)
{
	errno = 0;

	bool there = !PQisBusy(l->pg);

	*r = there ? PQgetResult(l->pg) : NULL;
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

	if (PQconsumeInput(l->pg) != 1)
		return link_fail(l);
	/* NULL stands between two statements' results; several at once mean that it has lost count.
	 */
	while (l->pg != NULL && l->sent_count > 0 && nothing < 3 && next_result(l, &r)) {
		nothing = r == NULL ? nothing + 1 : 0;
		if (r != NULL)
			take_result(l, r);
	}
	if (l->pg != NULL && nothing == 3)
		return link_reset(l, "results are missing");
	if (l->pg != NULL && PQstatus(l->pg) == CONNECTION_BAD)
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
	if (l->pg != NULL && (events & EPOLLOUT))
		link_flush(l);
}

void link_free(struct link *l)
{
	l->wanted = false;
	link_reset(l, NULL);
	timer_clear(&l->timer);
	free(l->sent);
	free(l->missing);
}
