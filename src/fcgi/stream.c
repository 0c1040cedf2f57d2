/* SPDX-License-Identifier: MIT */
/*
 * Replies in pieces. A piece goes out when the peer's socket takes it, and its task sleeps until
 * then: the piece stays where its owner has it, so a slow reader costs the socket's buffer and what
 * the handler holds. A reply that is not whole ends without its end, and with its connection.
 */
#include <assert.h>
#include <sys/socket.h>

#include "base/instant.h"
#include "base/log.h"
#include "fcgi/connection.h"

enum {
	/* A record of this size goes into a unix socket whole or not at all. */
	PIECE = 16 * 1024,
	/*
	 * The kernel doubles the size, for its own needs: a few pieces. No more lies in the kernel
	 * for a peer that does not read.
	 */
	STREAM_BUFFER = 64 * 1024,
	/* A peer that reads as fast as it is sent to would keep everybody else waiting. */
	AT_ONCE = 64 * 1024,
	LOOK_US = 1000000 /* how often a task that waits asks whether to go on */
};

static void set_buffer(const struct connection *c, int size)
{
	setsockopt(c->watch.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static enum err may_go_on(struct connection *c)
{
	if (c->gone)
		return ERR_CANCELLED;
	TRY(task_ended());
	return c->x.still == NULL ? OK : c->x.still(c->x.still_ctx);
}

struct waiter {
	struct timer timer;
	struct task *task;
};

static void on_look(struct timer *t)
{
	task_wake(OWNER_OF(t, struct waiter, timer)->task, OK);
}

/* Sleeps until the socket may take more, but no longer than LOOK_US, nor beyond `until`. */
static enum err wait_for_room(struct connection *c, int64_t until)
{
	struct waiter w = { .timer.fire = on_look, .task = c->task };
	int64_t look = ticks_us() + LOOK_US;

	/*
	 * The socket is watched anew each time, for then epoll tells at once what there is room for
	 * by now.
	 */
	TRY(loop_watch(&c->watch, c->watch.fd, WATCHED | EPOLLOUT));
	timer_set(&w.timer, look < until ? look : until);
	c->for_room = true;

	enum err e = task_park();

	c->for_room = false;
	timer_clear(&w.timer);
	c->at_once = 0;
	return e;
}

/* Sends records to the last byte. */
static enum err put(struct connection *c, struct fcgi_records *o)
{
	int64_t idle = c->server->o.stream_idle_us, until = ticks_us() + idle;

	for (;;) {
		TRY(may_go_on(c));
		switch (fcgi_send(&c->fcgi, o)) {
		case FCGI_SENT:
			c->half = false;
			return OK;
		case FCGI_PART:
			c->half = true;
			until = ticks_us() + idle;
			break;
		case FCGI_FULL:
			break;
		case FCGI_FAILED:
			return ERR_CANCELLED;
		}
		if (ticks_us() >= until)
			return ERR_DEADLINE;
		TRY(wait_for_room(c, until));
	}
}

/* Lets the others have their turn after so many bytes. */
static enum err take_turns(struct connection *c, size_t sent)
{
	c->at_once += sent;
	if (c->at_once < AT_ONCE)
		return OK;
	c->at_once = 0;
	return task_sleep_us(0);
}

enum err stream_reserve(struct http_exchange *x)
{
	struct connection *c = OWNER_OF(x, struct connection, x);

	if (c->placed)
		return OK;
	if (c->server->streams >= c->server->o.max_streams)
		return ERR_BUSY;
	c->server->streams++;
	c->placed = true;
	return OK;
}

void stream_leave(struct connection *c)
{
	assert(!c->placed || c->server->streams > 0);
	c->server->streams -= c->placed;
	c->placed = false;
}

/* Takes a place, and sends status and headers. */
static enum err begin(struct connection *c)
{
	struct http_server *s = c->server;
	struct http_reply *r = &c->x.reply;
	struct fcgi_records o;

	if (r->headers.n > HTTP_REPLY_MAX / 2)
		return ERR_INTERNAL;
	TRY(may_go_on(c));
	TRY(stream_reserve(&c->x));
	c->x.began = true;
	c->broken = OK;
	c->half = false;
	c->at_once = 0;
	task_deadline(c->task, ticks_us() + s->o.stream_life_us);
	set_buffer(c, STREAM_BUFFER);
	fcgi_head(&o, &c->fcgi, r);
	TRY(put(c, &o));
	/* The handler may have done with the memory that the headers lie in. */
	r->headers = r->body = (struct buf){ .arena = c->x.arena };
	return OK;
}

static enum err send_all(struct connection *c, struct str piece)
{
	struct fcgi_records o;

	for (struct str rest = piece; rest.n > 0;) {
		struct str part = { rest.p, rest.n < PIECE ? rest.n : PIECE };

		fcgi_piece(&o, &c->fcgi, part);
		TRY(put(c, &o));
		rest = str_from_at(rest, part.n);
		TRY(take_turns(c, part.n));
	}
	return OK;
}

enum err stream_send(struct http_exchange *x, struct str piece)
{
	struct connection *c = OWNER_OF(x, struct connection, x);

	assert(c->busy && c->task != NULL && c->task == task_self());
	if (!x->began) {
		enum err e = begin(c);

		if (!x->began)
			return e;
		c->broken = e;
	}
	/* A record may be half sent: nothing can follow it. */
	if (c->broken == OK)
		c->broken = send_all(c, piece);
	return c->broken;
}

/*
 * Not all servers take the end of a connection for that of a reply that is not whole. There is room
 * for these bytes even where the peer does not read; behind half a record they would be taken for
 * its content.
 */
static void say_broken(struct connection *c)
{
	struct fcgi_records o;

	if (c->gone || c->half)
		return;
	set_buffer(c, SEND_BUFFER);
	fcgi_break(&o, &c->fcgi);
	fcgi_send(&c->fcgi, &o);
}

bool stream_end(struct connection *c, bool whole)
{
	struct fcgi_records o;

	assert(c->x.began && c->placed);
	c->x.still = NULL; /* its context was the handler's */
	fcgi_end(&o, &c->fcgi);
	whole = whole && c->broken == OK && put(c, &o) == OK;
	stream_leave(c);
	if (!whole) {
		say_broken(c);
		return false;
	}
	fcgi_drop(&c->fcgi);
	set_buffer(c, SEND_BUFFER);
	/* Room that comes back would wake the loop after each reply. */
	return loop_watch(&c->watch, c->watch.fd, WATCHED) == OK;
}
