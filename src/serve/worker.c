/* SPDX-License-Identifier: MIT */
/* A worker: one loop, one task a request. It holds no private key and hashes no password. */
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "base/instant.h"
#include "base/log.h"
#include "core/feed.h"
#include "core/keys.h"
#include "fcgi/server.h"
#include "serve/process.h"
#include "serve/serve.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	PULSE_US = 250000,
	IDLE_PULSES = 8,     /* without a request, then memory is given back */
	BUSY_REQUESTS = 500, /* in a pulse: see give_way */
	REQUEST_MEMORY = 2 * 1024 * 1024,
	BEGIN_LOOK_US = 2000,
	BEGIN_WAIT_US = 2000000,
	IDENTITIES = 2048, /* tokens that are remembered; 120 bytes each */
	DRAIN_LOOK_US = 20000,
	FAREWELL_US = 100000 /* the master kills no earlier than a second beyond the drain time */
};

struct worker {
	const struct worker_setup *setup;
	struct dispatch dispatch;
	struct keyring *keys;
	struct feed *feed;
	struct http_server *server;
	struct watch signals;
	struct timer pulse, begin, drained;
	int64_t begin_until;
	int64_t drain_until; /* tick; 0: not draining */
	/* For giving memory back: requests served by the last pulse, and how many pulses ago. */
	uint64_t served;
	int idle;
	bool busy;
};

/* Waits until nginx has let go of its kept connections, or the time is up. */
static void on_drained(struct timer *t)
{
	struct worker *w = OWNER_OF(t, struct worker, drained);
	int64_t now = ticks_us();

	if ((http_server_connections(w->server) == 0 && feed_stop(w->feed)) ||
	    now >= w->drain_until + FAREWELL_US)
		return loop_stop();
	/* Replies are cut while there is time to tell their clients that something is missing. */
	if (now >= w->drain_until)
		http_server_cut(w->server);
	timer_set(t, now + DRAIN_LOOK_US);
}

static void drain(struct worker *w)
{
	if (w->drain_until != 0)
		return;
	timer_clear(&w->begin);
	w->drain_until = ticks_us() + w->setup->conf->server_drain_timeout;
	http_server_drain(w->server);
	on_drained(&w->drained);
}

static void on_signal(struct watch *watch, uint32_t events)
{
	struct worker *w = OWNER_OF(watch, struct worker, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo == SIGTERM)
			drain(w);
}

/*
 * A worker that has much to do takes no CPU from those who bring it work: it is woken less often,
 * and finds more each time. Measured with both CPUs busy: a seventh less time for a read. A worker
 * that has little to do is not made to wait for others. A policy that somebody else has chosen
 * stays.
 */
static void give_way(struct worker *w, uint64_t requests)
{
	struct sched_param none = { 0 };
	bool busy = requests >= BUSY_REQUESTS;

	if (busy == w->busy || sched_getscheduler(0) != (w->busy ? SCHED_BATCH : SCHED_OTHER))
		return;
	if (sched_setscheduler(0, busy ? SCHED_BATCH : SCHED_OTHER, &none) == 0)
		w->busy = busy;
}

/* A sign of life for the master, and thrift: a worker without work gives its memory back. */
static void on_pulse(struct timer *t)
{
	struct worker *w = OWNER_OF(t, struct worker, pulse);
	uint64_t served = http_server_served(w->server);

	atomic_store(&w->setup->pulse->beat, ticks_us());
	w->idle = served == w->served && http_server_requests(w->server) == 0 ? w->idle + 1 : 0;
	give_way(w, served - w->served);
	w->served = served;
	if (w->idle == IDLE_PULSES)
		http_server_trim(w->server);
	timer_set(t, ticks_us() + PULSE_US);
}

/*
 * Before the feed was read for the first time no token can be taken: requests that come meanwhile
 * are better off with another worker, or in the listener's queue. Without a database, though,
 * clients are to be told.
 */
static void on_begin(struct timer *t)
{
	struct worker *w = OWNER_OF(t, struct worker, begin);

	if (!feed_tried(w->feed) && ticks_us() < w->begin_until)
		return timer_set(t, ticks_us() + BEGIN_LOOK_US);
	if (!http_server_listen(w->server)) {
		log_error("worker", "cannot listen");
		return loop_stop();
	}
	atomic_store(&w->setup->pulse->ready, true);
	log_debug("worker", "worker %zu serves", w->setup->number);
}

static bool make_dispatch(struct worker *w)
{
	const struct worker_setup *s = w->setup;
	const struct conf *c = s->conf;
	/* At least two lanes in all share, so that PostgreSQL works on one while the other is at
	 * the disk. */
	struct pool_options pool = process_pool(c, (size_t)conf_worker_lanes(c),
						conf_workers(c) == 1 ? 2 : 1);
	struct keeper_options keeper = {
		.jobs = { s->jobs[KEEPER_SLOW], s->jobs[KEEPER_QUICK] },
		.answers = s->answers,
		.board = s->board,
		.worker = s->number,
		.keepers = s->keepers,
		.queue = (size_t)c->password_queue,
		.quick_queue = (size_t)c->server_max_requests,
	};

	struct keyring_options ring = { .algorithm = keys_algorithm(c),
					.secret = c->jwt_secret,
					.previous = c->jwt_secret_previous,
					.issuer = c->jwt_issuer };

	w->keys = keyring_make(&ring);
	w->dispatch.pool = pool_make(&pool);
	w->dispatch.openapi = s->openapi;
	w->dispatch.page = s->page;
	w->dispatch.app = (struct app){
		.keys = w->keys,
		.conf = c,
		.keeper = keeper_make(&keeper),
		.identities = identity_cache_make(IDENTITIES),
		.revoked = revoked_make(s->revoked),
		.throttle = s->throttle,
		.no_hash = s->no_hash,
	};
	if (w->keys == NULL || w->dispatch.pool == NULL || w->dispatch.app.keeper == NULL ||
	    w->dispatch.app.identities == NULL || w->dispatch.app.revoked == NULL)
		return false;

	struct feed_options feed = { .pool = w->dispatch.pool,
				     .revoked = w->dispatch.app.revoked,
				     .keys = w->keys,
				     .conf = c };

	w->feed = feed_make(&feed);
	if (w->feed == NULL)
		return false;
	w->dispatch.app.feed_fresh = feed_fresh(w->feed);
	return true;
}

static bool make_server(struct worker *w)
{
	const struct worker_setup *s = w->setup;
	struct http_server_options o = {
		.listener = s->listener,
		.max_requests = (size_t)s->conf->server_max_requests,
		.arena_limit = REQUEST_MEMORY,
		.request_timeout_us = s->conf->server_request_timeout,
		.max_streams = (size_t)s->conf->server_max_streams,
		.stream_idle_us = s->conf->server_stream_idle,
		.stream_life_us = s->conf->server_stream_timeout,
		.serve = dispatch,
		.ctx = &w->dispatch,
	};

	w->server = http_server_make(&o);
	return w->server != NULL;
}

static void release(struct worker *w)
{
	http_server_free(w->server);
	feed_free(w->feed);
	revoked_free(w->dispatch.app.revoked);
	keyring_free(w->keys);
	keeper_free(w->dispatch.app.keeper);
	pool_free(w->dispatch.pool);
	identity_cache_free(w->dispatch.app.identities);
	loop_close();
}

int worker_run(const struct worker_setup *s)
{
	struct worker w = { .setup = s,
			    .signals = { .fd = -1, .ready = on_signal },
			    .pulse.fire = on_pulse,
			    .begin.fire = on_begin,
			    .begin_until = ticks_us() + BEGIN_WAIT_US,
			    .drained.fire = on_drained };
	int signals = process_signals();

	if (signals < 0 || loop_open() != OK || loop_watch(&w.signals, signals, EPOLLIN) != OK ||
	    !make_dispatch(&w) || !make_server(&w)) {
		log_error("worker", "cannot start: out of memory or descriptors");
		log_flush();
		return EX_OSERR;
	}
	on_pulse(&w.pulse);
	on_begin(&w.begin);
	loop_run();
	log_flush();
	if (http_server_requests(w.server) == 0 && feed_stop(w.feed))
		release(&w);
	else /* memory of the requests goes with the process */
		log_warn("worker", "%zu requests were cut off", http_server_requests(w.server));
	close(signals);
	return EX_OK;
}
