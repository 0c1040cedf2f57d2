/* SPDX-License-Identifier: MIT */
/*
 * Puts load on an HTTP/1.1 server of this machine, plain or through TLS, and tells what came back:
 * one process, epoll, kept connections. With --rate the loop is open: each request is due at its
 * time whether or not earlier ones have been answered, and its latency counts from then, so a stall
 * is seen by all whom it would have hit. `load` without arguments lists the options.
 */
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/arena.h"
#include "base/instant.h"
#include "load_options.h"
#include "load_reply.h"
#include "load_stream.h"
#include "load_tally.h"

enum {
	EVENTS = 256,
	READ = 65536,
	TICK_US = 5000,	 /* how often deadlines are looked at */
	REST_US = 10000, /* closed loop: how long after a failed connect to try again */
	MEMORY = 1 << 30
};

enum conn_state { CONN_IDLE, CONN_RESTING, CONN_CONNECTING, CONN_GREETING, CONN_ACTIVE };

struct conn {
	enum conn_state state;
	struct stream stream; /* closed: to be connected at the next request */
	const struct target *target;
	size_t written;
	int64_t due;	  /* what its latency counts from */
	int64_t deadline; /* of the request, or of the rest */
	struct reply reply;
};

struct load {
	struct options o;
	struct targets targets;
	struct tally tally;
	struct conn *conns, **idle;
	size_t idle_n, active_n;  /* active: not idle, not resting */
	int64_t start, end, last; /* last: when the last request ended */
	int epoll;
	SSL_CTX *tls; /* NULL: plain */
	FILE *timeline;
	char *input;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void tell(struct load *l, const char *what, int64_t latency)
{
	if (l->timeline != NULL)
		fprintf(l->timeline, "%.3f %s %" PRId64 "\n", (double)(l->last - l->start) / 1e3,
			what, latency);
}

static void conn_idle(struct load *l, struct conn *c)
{
	c->state = CONN_IDLE;
	l->idle[l->idle_n++] = c;
}

static void conn_fail(struct load *l, struct conn *c, enum load_error e)
{
	stream_close(&c->stream);
	l->active_n--;
	l->last = ticks_us();
	l->tally.errors[e]++;
	tell(l, load_error_names[e], l->last - c->due);
	if (e != LOAD_CONNECT || l->o.rate > 0) {
		conn_idle(l, c);
		return;
	}
	c->state = CONN_RESTING;
	c->deadline = l->last + REST_US;
}

static void conn_done(struct load *l, struct conn *c)
{
	const int status = c->reply.status;
	char text[16] = "";

	if (c->reply.close)
		stream_close(&c->stream);
	l->active_n--;
	l->last = ticks_us();
	tally_reply(&l->tally, status, l->last - c->due);
	if (status / 100 != 2 || l->last - c->due >= l->o.slow_us) {
		snprintf(text, sizeof text, "%d", status);
		tell(l, text, l->last - c->due);
	}
	conn_idle(l, c);
}

static void watch(struct load *l, struct conn *c, int op, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->epoll, op, c->stream.fd, &e) != 0)
		die("epoll_ctl");
}

/* What does not fit now follows when the socket takes it. */
static void conn_write(struct load *l, struct conn *c)
{
	const struct str text = c->target->text;

	while (c->written < text.n) {
		ssize_t n = stream_send(&c->stream, text.p + c->written, text.n - c->written);

		if (n == STREAM_WANTS_WRITE || n == STREAM_WANTS_READ) {
			watch(l, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
			return;
		}
		if (n <= 0) {
			/* Reading tells: an early refusal (413) may still lie in the socket. */
			c->written = text.n;
			return;
		}
		c->written += (size_t)n;
	}
}

static void conn_connect(struct load *l, struct conn *c)
{
	const int one = 1;

	c->state = CONN_CONNECTING;
	c->stream.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->stream.fd < 0)
		die("socket");
	setsockopt(c->stream.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	watch(l, c, EPOLL_CTL_ADD, EPOLLOUT);
	if (connect(c->stream.fd, (const struct sockaddr *)&l->o.address, sizeof l->o.address) !=
		    0 &&
	    errno != EINPROGRESS)
		conn_fail(l, c, LOAD_CONNECT);
}

static void conn_greet(struct load *l, struct conn *c)
{
	ssize_t n = stream_greet(&c->stream);

	if (n == STREAM_WANTS_READ || n == STREAM_WANTS_WRITE) {
		watch(l, c, EPOLL_CTL_MOD, n == STREAM_WANTS_READ ? EPOLLIN : EPOLLOUT);
		return;
	}
	if (n <= 0) {
		conn_fail(l, c, LOAD_CONNECT);
		return;
	}
	c->state = CONN_ACTIVE;
	watch(l, c, EPOLL_CTL_MOD, EPOLLIN);
	conn_write(l, c);
}

static void conn_connected(struct load *l, struct conn *c)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(c->stream.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0 ||
	    !stream_begin(&c->stream, l->tls)) {
		conn_fail(l, c, LOAD_CONNECT);
		return;
	}
	c->state = CONN_GREETING;
	conn_greet(l, c);
}

static void conn_begin(struct load *l, struct conn *c, int64_t due)
{
	c->target = &l->targets.list[(size_t)l->tally.sent % l->targets.n];
	c->written = 0;
	c->due = due;
	c->deadline = ticks_us() + l->o.timeout_us;
	reply_begin(&c->reply, c->target->head);
	l->tally.sent++;
	l->active_n++;
	if (c->stream.fd < 0) {
		conn_connect(l, c);
		return;
	}
	c->state = CONN_ACTIVE;
	conn_write(l, c);
}

static void conn_eof(struct load *l, struct conn *c)
{
	if (c->state == CONN_IDLE) {
		stream_close(&c->stream); /* the server's right; nobody was waiting */
	} else if (c->reply.state == REPLY_TO_CLOSE) {
		c->reply.close = true;
		conn_done(l, c);
	} else {
		conn_fail(l, c, LOAD_RESET);
	}
}

/* False when there was nothing, or the connection is closed now. */
static bool conn_take(struct load *l, struct conn *c)
{
	ssize_t n = stream_recv(&c->stream, l->input, READ);

	if (n == STREAM_WANTS_READ || n == STREAM_WANTS_WRITE)
		return false;
	if (n <= 0) {
		conn_eof(l, c);
		return false;
	}
	l->tally.bytes += n;
	if (c->state == CONN_IDLE) {
		stream_close(&c->stream); /* a 408 to nobody, for instance */
		return false;
	}
	reply_feed(&c->reply, l->input, (size_t)n);
	if (c->reply.state == REPLY_BAD)
		conn_fail(l, c, LOAD_MALFORMED);
	else if (c->reply.state == REPLY_DONE)
		conn_done(l, c);
	return c->stream.fd >= 0;
}

static void conn_read(struct load *l, struct conn *c)
{
	while (conn_take(l, c) && stream_pending(&c->stream))
		;
}

static void conn_event(struct load *l, struct conn *c, uint32_t events)
{
	if (c->stream.fd < 0)
		return; /* closed earlier in this turn */
	if (c->state == CONN_CONNECTING) {
		conn_connected(l, c);
		return;
	}
	if (c->state == CONN_GREETING) {
		conn_greet(l, c);
		return;
	}
	if (events & EPOLLOUT) {
		watch(l, c, EPOLL_CTL_MOD, EPOLLIN);
		conn_write(l, c);
	}
	if ((events & ~(uint32_t)EPOLLOUT) != 0)
		conn_read(l, c);
}

/* When the next request is due; INT64_MAX when none is. */
static int64_t next_due(const struct load *l, int64_t now)
{
	int64_t due = now;

	if (l->o.max_requests > 0 && l->tally.sent >= l->o.max_requests)
		return INT64_MAX;
	if (l->o.rate > 0)
		due = l->start + (int64_t)((double)l->tally.sent * 1e6 / l->o.rate);
	return now < l->end && due < l->end ? due : INT64_MAX;
}

static void dispatch(struct load *l)
{
	/* Bounded, so that replies are read in between when the server falls behind. */
	for (size_t n = l->idle_n; n > 0 && l->idle_n > 0; n--) {
		int64_t now = ticks_us(), due = next_due(l, now);

		if (due > now)
			return;
		conn_begin(l, l->idle[--l->idle_n], due);
	}
}

static void deadlines(struct load *l, int64_t now)
{
	for (int64_t i = 0; i < l->o.connections; i++) {
		struct conn *c = &l->conns[i];

		if (c->state == CONN_IDLE || now < c->deadline)
			continue;
		if (c->state == CONN_RESTING)
			conn_idle(l, c);
		else
			conn_fail(l, c, LOAD_TIMEOUT);
	}
}

static int wait_events(struct load *l, int64_t until, struct epoll_event *events)
{
	int64_t us = until - ticks_us();

	us = us < 0 ? 0 : us;
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	int n = epoll_pwait2(l->epoll, events, EVENTS, &t, NULL);

	if (n < 0 && errno != EINTR)
		die("epoll_pwait2");
	return n;
}

/* Open loop: how many requests are due in all. */
static int64_t wanted(const struct options *o)
{
	const int64_t n = (int64_t)ceil(o->rate * o->seconds);

	return o->max_requests > 0 && o->max_requests < n ? o->max_requests : n;
}

static void run(struct load *l)
{
	struct epoll_event events[EVENTS];
	int64_t tick = 0;

	l->start = l->last = ticks_us();
	l->end = l->start + (int64_t)(l->o.seconds * 1e6);
	for (;;) {
		dispatch(l);

		int64_t now = ticks_us(), due = next_due(l, now);

		if (due == INT64_MAX && l->active_n == 0)
			break;
		if (now >= tick) {
			deadlines(l, now);
			tick = now + TICK_US;
		}
		/* With none idle the next request waits for a reply, not for its time. */
		int n = wait_events(l, l->idle_n > 0 && due < tick ? due : tick, events);

		for (int i = 0; i < n; i++)
			conn_event(l, events[i].data.ptr, events[i].events);
	}
	l->tally.elapsed_us = l->last - l->start;
	if (l->o.rate > 0)
		l->tally.unsent = wanted(&l->o) - l->tally.sent;
}

int main(int argc, char *argv[])
{
	struct arena *a = arena_make(MEMORY, NULL, NULL);

	if (a == NULL)
		die("memory");

	struct load *l = arena_new(a, struct load);

	l->o = options_read(argc, argv, a);
	l->targets = targets_make(&l->o, a);
	l->conns = arena_new_array(a, (size_t)l->o.connections, struct conn);
	l->idle = arena_new_array(a, (size_t)l->o.connections, struct conn *);
	l->input = arena_alloc(a, READ);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		die("epoll_create1");
	signal(SIGPIPE, SIG_IGN);
	if (l->o.tls && (l->tls = stream_tls()) == NULL)
		die("TLS");
	if (l->o.timeline_file != NULL && (l->timeline = fopen(l->o.timeline_file, "w")) == NULL)
		die(l->o.timeline_file);
	for (int64_t i = l->o.connections; i-- > 0;) {
		l->conns[i].stream.fd = -1;
		conn_idle(l, &l->conns[i]);
	}
	run(l);
	if (l->timeline != NULL && fclose(l->timeline) != 0)
		die(l->o.timeline_file);
	if (l->o.json)
		tally_print_json(&l->tally);
	else
		tally_print(&l->tally);
	arena_free(a);
	return 0;
}
