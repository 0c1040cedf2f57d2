/* SPDX-License-Identifier: MIT */
/* A handler that replies in pieces by a script, and peers that read as they are told. */
#pragma once

#include <errno.h>
#include <sys/ioctl.h>

#include "server_world.h"

enum {
	SMALL = 1000,
	LARGE = 1024 * 1024,  /* more than any socket holds */
	FILLING = 400 * 1024, /* what a peer that does not read never gets whole */
	STREAMS = 3,
	ARENA = 64 * 1024,
	SHORT_US = 50000,
	LONG_US = 600 * 1000000 /* longer than any test */
};

/* The body of each reply: its bytes tell where they stand. */
static char body_byte(size_t at)
{
	return (char)('a' + at % 23);
}

static char body[23 + LARGE];

static struct {
	/*
	 * What the handler does: r takes a place; w waits to be told, as if for a database; s and L
	 * send a piece, small or large; b begins; o has no memory; x says that what was sent is not
	 * the whole; n goes on as if it had not been told that it cannot.
	 */
	const char *script;
	struct task *waits[PEERS];
	enum err failed;     /* the last that a call gave */
	enum err still;	     /* what the one who asks is told */
	int begun, returned; /* handlers */
} handler;

static enum err wait_to_be_told(void)
{
	size_t i = 0;

	while (handler.waits[i] != NULL)
		i++;
	handler.waits[i] = task_self();

	enum err e = task_park();

	handler.waits[i] = NULL;
	return e;
}

static void tell(void)
{
	for (size_t i = 0; i < PEERS; i++)
		if (handler.waits[i] != NULL)
			task_wake(handler.waits[i], OK);
}

static enum err still(void *ctx)
{
	(void)ctx;
	return handler.still;
}

static enum err act(struct http_exchange *x, char what, size_t *sent)
{
	size_t n = what == 's' ? SMALL : what == 'L' ? LARGE : 0;
	struct str piece = { body + *sent % 23, n };

	switch (what) {
	case 'r':
		return x->reserve(x);
	case 'w':
		return wait_to_be_told();
	case 'o':
		arena_bytes(x->arena, ARENA + 1);
		return OK;
	case 'x':
		return ERR_INTERNAL;
	case 'n':
		return OK;
	default:
		*sent += n;
		return x->send(x, piece);
	}
}

static void serve_script(void *ctx, struct http_exchange *x)
{
	const char *script = handler.script;
	size_t sent = 0;
	enum err e = OK;

	(void)ctx;
	handler.begun++;
	x->reply.status = 200;
	x->still = still;
	if (x->overloaded)
		e = ERR_BUSY;
	for (const char *s = script; *s != '\0' && (e == OK || *s == 'n'); s++)
		e = act(x, *s, &sent);
	handler.failed = e;
	handler.returned++;
	x->dropped = e == ERR_CANCELLED || (e != OK && x->began);
	if (x->began)
		return;
	x->reply.status = e == OK ? 200 : 503;
	buf_add(&x->reply.body, (struct str){ body, SMALL });
}

static int streams_make(int64_t idle_us, int64_t life_us)
{
	struct http_server_options o = { .max_requests = 64,
					 .arena_limit = ARENA,
					 .request_timeout_us = LONG_US,
					 .max_streams = STREAMS,
					 .stream_idle_us = idle_us,
					 .stream_life_us = life_us,
					 .serve = serve_script };

	memset(&handler, 0, sizeof handler);
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = body_byte(i);
	return world_make(o);
}

static int streams_begin(void **state)
{
	(void)state;
	return streams_make(LONG_US, LONG_US);
}

static inline int streams_begin_impatient(void **state)
{
	(void)state;
	return streams_make(SHORT_US, LONG_US);
}

static inline int streams_begin_short(void **state)
{
	(void)state;
	return streams_make(LONG_US, SHORT_US);
}

/* What a peer has seen of a reply. */
struct peer {
	int fd;
	uint8_t header[8];
	size_t have; /* bytes of that */
	size_t left; /* bytes of the record's content */
	int status;
	unsigned ends;	   /* how much of "\r\n\r\n" was seen; 4: the body begins */
	size_t line, body; /* bytes */
	bool ended;	   /* END_REQUEST, which says that the reply was whole */
	bool broken;	   /* what is no record */
	bool closed;
};

static struct peer peer_ask(const char *script)
{
	struct peer p = { .fd = peer_connect() };

	handler.script = script;
	peer_send(p.fd);
	turn_a_while();
	return p;
}

static void peer_content(struct peer *p, char c)
{
	if (p->header[1] != FCGI_STDOUT) {
		assert_int_equal(p->header[1], FCGI_END_REQUEST);
		assert_int_equal(c, 0);
		return;
	}
	assert_false(p->ended);
	if (p->ends == 4) {
		assert_int_equal(c, body_byte(p->body++));
		return;
	}
	if (p->line >= 8 && p->line < 11)
		p->status = p->status * 10 + (c - '0');
	p->line++;
	p->ends = c == "\r\n\r\n"[p->ends] ? p->ends + 1 : c == '\r';
}

static void peer_byte(struct peer *p, uint8_t c)
{
	if (p->left > 0) {
		peer_content(p, (char)c);
		p->ended |= --p->left == 0 && p->header[1] == FCGI_END_REQUEST;
		return;
	}
	/* Behind what is no record nothing comes. */
	assert_true(!p->broken || p->have < 8);
	p->header[p->have++] = c;
	p->broken |= p->have == 1 && c != FCGI_VERSION_1;
	if (p->have < 8 || p->broken)
		return;
	p->have = 0;
	p->left = (size_t)p->header[4] << 8 | p->header[5];
}

/* Reads at most so much of what there is. */
static void peer_read(struct peer *p, size_t most)
{
	static uint8_t room[LARGE];
	ssize_t n = recv(p->fd, room, most < sizeof room ? most : sizeof room, MSG_DONTWAIT);

	p->closed |= n == 0 || (n < 0 && errno != EAGAIN);
	for (ssize_t i = 0; i < n; i++)
		peer_byte(p, room[i]);
}

/* Reads until nothing more comes. */
static void peer_read_all(struct peer *p)
{
	for (size_t before = SIZE_MAX; before != p->body + p->line && !p->closed;) {
		before = p->body + p->line;
		turn_a_while();
		for (int i = 0; i < 20; i++)
			peer_read(p, SIZE_MAX);
	}
}

static void peer_leave(struct peer *p)
{
	assert_int_equal(close(p->fd), 0);
	turn_a_while();
}

static void whole_reply(const struct peer *p, size_t bytes)
{
	assert_int_equal(p->status, 200);
	assert_int_equal(p->body, bytes);
	assert_true(p->ended);
	assert_false(p->broken);
}

/* Nothing is left behind: the next ones find all places free, and a whole reply fits the socket. */
static void as_at_first(size_t fds)
{
	struct peer p[STREAMS];

	turn_a_while();
	assert_int_equal(http_server_connections(world.server), 0);
	assert_int_equal(http_server_requests(world.server), 0);
	assert_int_equal(task_count(), 0);
	assert_int_equal(descriptors(), fds);
	handler.still = OK;
	for (size_t i = 0; i < STREAMS; i++)
		p[i] = peer_ask("swL");
	tell();
	for (size_t i = 0; i < STREAMS; i++) {
		peer_read_all(&p[i]);
		whole_reply(&p[i], SMALL + LARGE);
		peer_leave(&p[i]);
	}
}
