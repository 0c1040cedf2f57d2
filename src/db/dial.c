/* SPDX-License-Identifier: MIT */
#include "db/dial.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/instant.h"
#include "db/hosts.h"

enum {
	/*
	 * The resolver's modules, libpq's buffers and a TLS handshake fit. The stack is touched
	 * only as needed.
	 */
	STACK = 512 * 1024,
	LOOK_US = 500000 /* how soon a thread notices that nobody waits for it any more */
};

struct dial {
	/* The loop and the thread hold it: the last one to leave releases it. */
	_Atomic int holders;
	_Atomic bool dropped;
	int done;
	pthread_t thread;
	int64_t patience;
	struct hosts hosts;
	bool anywhere;
	char *url;
	const char *name;
	struct dialled end;
};

static void release(struct dial *d)
{
	if (atomic_fetch_sub(&d->holders, 1) > 1)
		return;
	PQfinish(d->end.pg);
	if (d->done >= 0)
		close(d->done);
	if (d->url != NULL)
		sodium_memzero(d->url, strlen(d->url));
	free(d->url);
	hosts_free(&d->hosts);
	free(d);
}

/*
 * Notices of a server before the connection is anybody's go nowhere: link.c hears the later ones.
 */
static void ignore(void *ctx, const PGresult *r)
{
	(void)ctx;
	(void)r;
}

/* Begins to connect, and looks the first host up. NULL when out of memory. */
static PGconn *start(const struct dial *d)
{
	/* The later value of a keyword that comes twice counts; NULL is none. */
	const char *keys[] = { "dbname",
			       "fallback_application_name",
			       "client_encoding",
			       "host",
			       "hostaddr",
			       "port",
			       "target_session_attrs",
			       NULL };
	const char *values[] = { d->url,
				 d->name,
				 "UTF8",
				 d->hosts.host,
				 d->hosts.hostaddr,
				 d->hosts.port,
				 d->anywhere ? "any" : NULL,
				 NULL };
	PGconn *pg = PQconnectStartParams(keys, values, 1);

	/*
	 * The receiver is set before anything was received: libpq's own writes to standard error.
	 */
	if (pg != NULL)
		PQsetNoticeReceiver(pg, ignore, NULL);
	return pg;
}

/* Waits until libpq can go on; false when the server was silent for too long, or nobody waits. */
static bool await(struct dial *d, short events)
{
	struct pollfd p = { .fd = PQsocket(d->end.pg), .events = events };
	int ready = 0;

	while (ready == 0 && d->patience > 0 && !atomic_load(&d->dropped)) {
		int64_t began = ticks_us();
		int64_t look = d->patience < LOOK_US ? d->patience : LOOK_US;

		ready = poll(&p, 1, (int)(look / 1000) + 1);
		if (ready < 0 && errno == EINTR)
			ready = 0;
		d->patience -= ticks_us() - began;
	}
	d->end.silent = ready == 0;
	return ready > 0;
}

/* The first result of a query; NULL: none came. The caller clears it. */
static PGresult *ask(struct dial *d, const char *sql)
{
	PGconn *pg = d->end.pg;
	PGresult *first = NULL;

	if (PQsendQuery(pg, sql) != 1)
		return NULL;
	for (;;) {
		while (PQisBusy(pg))
			if (!await(d, POLLIN) || PQconsumeInput(pg) != 1) {
				PQclear(first);
				return NULL;
			}

		PGresult *r = PQgetResult(pg);

		if (r == NULL)
			return first;
		if (first == NULL)
			first = r;
		else
			PQclear(r);
	}
}

/*
 * Finds out whether a pooler stands in between: it names a process as it lets us in, but does not
 * know yet which one will serve us.
 */
static void look(struct dial *d)
{
	PGresult *r = ask(d, "select pg_backend_pid()");

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		d->end.pooled = atoi(PQgetvalue(r, 0, 0)) != PQbackendPID(d->end.pg);
	PQclear(r);
}

static void *run(void *arg)
{
	struct dial *d = arg;
	PGconn *pg = start(d);
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;
	uint64_t one = 1;

	d->end.pg = pg;
	if (pg == NULL || PQstatus(pg) == CONNECTION_BAD)
		next = PGRES_POLLING_FAILED;
	while ((next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) &&
	       await(d, next == PGRES_POLLING_READING ? POLLIN : POLLOUT))
		next = PQconnectPoll(pg);
	if (next == PGRES_POLLING_OK)
		look(d);
	/* The write cannot fail: the counter is 0. */
	if (write(d->done, &one, sizeof one) != (ssize_t)sizeof one)
		abort();
	release(d);
	return NULL;
}

/* Starts the thread with all signals blocked: they are for the loop. */
static bool spawn(struct dial *d)
{
	pthread_attr_t how;
	sigset_t all, before;

	if (pthread_attr_init(&how) != 0)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);

	bool started = pthread_attr_setstacksize(&how, STACK) == 0 &&
		       pthread_create(&d->thread, &how, run, d) == 0;

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&how);
	return started;
}

struct dial *dial_start(const struct dial_options *o)
{
	struct dial *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	heap_share();
	d->holders = 2;
	d->patience = o->patience;
	d->name = o->name;
	d->anywhere = o->anywhere;
	d->url = strdup(o->url.p);
	d->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (o->hosts > 1)
		hosts_from(o->url, o->first_host, &d->hosts);
	if (d->url != NULL && d->done >= 0 && spawn(d))
		return d;
	d->holders = 1;
	release(d);
	return NULL;
}

int dial_fd(const struct dial *d)
{
	return d->done;
}

struct dialled dial_take(struct dial *d)
{
	struct dialled end = d->end;

	/* The thread only ends now. Libraries free meanwhile what they kept for it, which looks
	 * lost to LeakSanitizer as long as that is under way.
	 */
	pthread_join(d->thread, NULL);
	d->end.pg = NULL;
	release(d);
	return end;
}

void dial_drop(struct dial *d)
{
	atomic_store(&d->dropped, true);
	pthread_detach(d->thread);
	release(d);
}
