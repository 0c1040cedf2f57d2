/* SPDX-License-Identifier: MIT */
#include "fcgi/server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/instant.h"
#include "base/log.h"
#include "fcgi/connection.h"

enum {
	CONNECTIONS_MAX = 4096,
	ACCEPTS_A_TURN = 8, /* few, so that several workers share a burst */
	/* A peer that starts a request finishes sending it within this time, or is cut off. */
	PARTIAL_US = 4 * 1000000
};

static struct arena *take_arena(struct http_server *s)
{
	if (s->arena_count > 0)
		return s->arenas[--s->arena_count];
	return arena_make(s->o.arena_limit, NULL, NULL);
}

static void return_arena(struct http_server *s, struct arena *a)
{
	arena_reset(a);
	if (s->arena_count < ARENAS_KEPT)
		s->arenas[s->arena_count++] = a;
	else
		arena_free(a);
}

static void forget_look(struct connection *c)
{
	struct connection **p = &c->server->to_look;

	if (!c->to_look)
		return;
	while (*p != c)
		p = &(*p)->look_next;
	*p = c->look_next;
}

/* Ends a connection that serves no request. Nothing else closes its descriptor. */
static void hang_up(struct connection *c)
{
	int fd = c->watch.fd;

	assert(!c->busy);
	loop_unwatch(&c->watch);
	close(fd);
	timer_clear(&c->stalled);
	partial_drop(&c->server->intake, &c->partial);
	forget_look(c);
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		c->server->connections = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	c->server->count--;
	free(c);
}

/* Has a connection looked at by the loop, for a task may not start another one. */
static void look_later(struct connection *c)
{
	if (c->to_look)
		return;
	c->to_look = true;
	c->look_next = c->server->to_look;
	c->server->to_look = c;
}

static void out_of_memory(void *ctx)
{
	longjmp(((struct connection *)ctx)->out_of_memory, 1);
}

static bool too_long(const struct http_reply *r)
{
	return r->headers.n + r->body.n > HTTP_REPLY_MAX;
}

/*
 * Reads, serves and answers one request. When memory runs out the arena is emptied, which gives
 * back everything the request held, and the handler is asked once more, for a refusal.
 */
static bool exchange(struct connection *c)
{
	struct http_server *s = c->server;
	struct http_exchange *x = &c->x;

	if (setjmp(c->out_of_memory) != 0) {
		task_log(NULL);
		arena_reset(x->arena);
		if (x->began)
			return stream_end(c, false);
		stream_leave(c);
		if (c->refused || !c->was_read)
			return false;
		c->refused = true;
		x->request.body = STR("");
	}
	arena_on_oom(x->arena, out_of_memory, c);
	if (!c->was_read && !fcgi_read(&c->fcgi, c->records, x->arena, &x->request, &c->keep))
		return false;
	c->was_read = true;
	/* A request without a stack of its own must not wait for anything. */
	x->overloaded = c->refused || c->task == NULL;
	x->reply = (struct http_reply){ .status = 500,
					.headers = buf_make(x->arena, 512),
					.body = buf_make(x->arena, 1024) };
	s->o.serve(s->o.ctx, x);
	if (x->began)
		return stream_end(c, !x->dropped) && c->keep;
	stream_leave(c);
	if (too_long(&x->reply)) {
		log_error("http", "a reply of %zu bytes cannot be sent", x->reply.body.n);
		return false;
	}
	if (x->dropped || c->gone)
		return false;
	return fcgi_reply(&c->fcgi, &x->reply) && c->keep;
}

static void serve(void *arg)
{
	struct connection *c = arg;
	struct http_server *s = c->server;

	c->task = task_self();
	if (c->task != NULL && s->o.request_timeout_us > 0)
		task_deadline(c->task, ticks_us() + s->o.request_timeout_us);

	bool kept = exchange(c);

	return_arena(s, c->x.arena);
	c->task = NULL;
	c->busy = false;
	s->requests--;
	s->served++;
	if (!kept) {
		fcgi_drop(&c->fcgi);
		c->gone = true;
	}
	if (c->gone || c->ended)
		look_later(c);
}

/* The records stand in the intake, so they are read before anything else is. */
static void start(struct connection *c)
{
	struct http_server *s = c->server;

	c->x = (struct http_exchange){ .arena = take_arena(s),
				       .send = stream_send,
				       .reserve = stream_reserve };
	if (c->x.arena == NULL)
		return hang_up(c);
	c->was_read = c->refused = false;
	c->busy = true;
	s->requests++;
	if (s->requests - s->streams > s->o.max_requests || !task_start(serve, c))
		serve(c);
}

static void look(struct connection *c)
{
	switch (intake_read(&c->server->intake, &c->partial, c->watch.fd, &c->records)) {
	case INTAKE_NOTHING:
		return;
	case INTAKE_MORE:
		if (c->ended)
			break;
		if (c->stalled.slot == 0)
			timer_set(&c->stalled, ticks_us() + PARTIAL_US);
		return;
	case INTAKE_WHOLE:
		if (c->gone) /* nobody waits for the reply */
			break;
		timer_clear(&c->stalled);
		return start(c);
	case INTAKE_BAD:
		log_warn("http", "a FastCGI peer sent what is not one request; connection closed");
		break;
	case INTAKE_ENDED:
		break;
	}
	hang_up(c);
}

static void on_stalled(struct timer *t)
{
	struct connection *c = OWNER_OF(t, struct connection, stalled);

	log_info("http", "a FastCGI peer did not finish its request; connection closed");
	hang_up(c);
}

static void on_connection(struct watch *w, uint32_t events)
{
	struct connection *c = OWNER_OF(w, struct connection, watch);

	c->ended = c->ended || (events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0;
	c->gone = c->gone || (events & c->server->left) != 0;
	if (!c->busy)
		return look(c);
	if (c->for_room && (events & EPOLLOUT) != 0)
		task_wake(c->task, OK);
	if (c->gone && c->task != NULL)
		task_end(c->task, ERR_CANCELLED);
	else if (!c->gone && (events & ~(uint32_t)EPOLLOUT) != 0)
		look_later(c);
}

static void look_again(struct hook *h)
{
	struct http_server *s = OWNER_OF(h, struct http_server, hook);
	struct connection *list = s->to_look;

	s->to_look = NULL;
	while (list != NULL) {
		struct connection *c = list;

		list = c->look_next;
		c->to_look = false;
		if (c->busy)
			look_later(c);
		else if (c->gone)
			hang_up(c);
		else
			look(c);
	}
}

static bool adopt(struct http_server *s, int fd)
{
	struct connection *c = calloc(1, sizeof *c);
	int size = SEND_BUFFER;

	if (c == NULL)
		return false;
	c->server = s;
	c->watch = (struct watch){ .fd = -1, .ready = on_connection };
	c->stalled.fire = on_stalled;
	fcgi_open(&c->fcgi, fd);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (loop_watch(&c->watch, fd, WATCHED) != OK) {
		free(c);
		return false;
	}
	c->next = s->connections;
	if (c->next != NULL)
		c->next->previous = c;
	s->connections = c;
	s->count++;
	return true;
}

static void listen_on(struct http_server *s, uint32_t events)
{
	loop_watch(&s->listener, s->o.listener, events);
}

static void on_again(struct timer *t)
{
	listen_on(OWNER_OF(t, struct http_server, again), EPOLLIN | EPOLLEXCLUSIVE);
}

/*
 * Rests the listener when there are no descriptors or memory: ready, it would keep the loop
 * spinning.
 */
static void rest(struct http_server *s)
{
	loop_unwatch(&s->listener);
	timer_set(&s->again, ticks_us() + 100000);
}

static void on_listener(struct watch *w, uint32_t events)
{
	struct http_server *s = OWNER_OF(w, struct http_server, listener);

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(s->o.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
			return;
		if (fd < 0) {
			/* accept is tried ten times a second, and its failure said once. */
			if (s->refused != errno)
				log_error("http", "accept: %s", strerror(errno));
			s->refused = errno;
			return rest(s);
		}
		s->refused = 0;
		if (s->count >= CONNECTIONS_MAX || !adopt(s, fd)) {
			close(fd);
			return rest(s);
		}
	}
}

struct http_server *http_server_make(const struct http_server_options *o)
{
	struct http_server *s = calloc(1, sizeof *s);

	if (s == NULL || !fcgi_init()) {
		free(s);
		return NULL;
	}
	s->o = *o;
	s->left = fcgi_leaving(o->listener);
	s->listener = (struct watch){ .fd = -1, .ready = on_listener };
	s->again.fire = on_again;
	s->hook.before_wait = look_again;
	loop_hook(&s->hook);
	return s;
}

bool http_server_listen(struct http_server *s)
{
	return loop_watch(&s->listener, s->o.listener, EPOLLIN | EPOLLEXCLUSIVE) == OK;
}

void http_server_drain(struct http_server *s)
{
	timer_clear(&s->again);
	loop_unwatch(&s->listener);
}

void http_server_cut(struct http_server *s)
{
	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->busy && c->x.began)
			task_end(c->task, ERR_CANCELLED);
}

size_t http_server_connections(const struct http_server *s)
{
	return s->count;
}

size_t http_server_requests(const struct http_server *s)
{
	return s->requests;
}

uint64_t http_server_served(const struct http_server *s)
{
	return s->served;
}

void http_server_trim(struct http_server *s)
{
	while (s->arena_count > 0)
		arena_free(s->arenas[--s->arena_count]);
	task_trim();
	heap_trim();
}

void http_server_free(struct http_server *s)
{
	http_server_drain(s);
	while (s->connections != NULL)
		hang_up(s->connections);
	http_server_trim(s);
	free(s);
}
