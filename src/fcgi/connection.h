/* SPDX-License-Identifier: MIT */
/* A connection as server.c and stream.c know it: one request at a time. */
#pragma once

#include <setjmp.h>
#include <sys/epoll.h>

#include "fcgi/fcgi.h"
#include "fcgi/intake.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	ARENAS_KEPT = 64,
	SEND_BUFFER = 512 *
		      1024, /* a whole reply fits, for nothing waits for the peer to read it */
	WATCHED = EPOLLIN | EPOLLRDHUP | EPOLLET
};

struct connection {
	struct watch watch;
	struct timer stalled;
	struct partial partial;
	struct http_server *server;
	struct connection *next, *previous; /* in the list of all */
	struct connection *look_next;	    /* in the list to be looked at before the loop waits */
	FCGX_Request fcgi;
	struct task *task; /* that serves it; NULL: none does */
	/*
	 * The members from here on are not on the stack: they must survive the way back from
	 * out_of_memory.
	 */
	struct http_exchange x;
	struct str records; /* of the request, until that is read */
	bool keep, was_read, refused;
	bool busy, to_look;
	bool gone;  /* the peer reads no more, or the connection is to be closed */
	bool ended; /* the peer sends no more */
	jmp_buf out_of_memory;
	/*
	 * A reply in pieces: broken tells why nothing more of it can be sent, half that the last
	 * record is half sent, for_room that the task sleeps until there is room; at_once is bytes
	 * since it last slept.
	 */
	enum err broken;
	bool half, for_room;
	bool placed; /* the connection has one of the places for such replies */
	size_t at_once;
};

struct http_server {
	struct http_server_options o;
	struct watch listener;
	struct timer again; /* after accept failed for want of descriptors */
	int refused;	    /* why accept failed the last time; 0: it did not */
	struct hook hook;
	uint32_t left; /* events that say that a peer reads no more */
	struct connection *connections, *to_look;
	size_t count, requests, streams;
	uint64_t served;
	struct arena *arenas[ARENAS_KEPT];
	size_t arena_count;
	struct intake intake;
};

/* The functions http_exchange.send and .reserve, of the running task. */
enum err stream_send(struct http_exchange *x, struct str piece);
enum err stream_reserve(struct http_exchange *x);

/* Gives the connection's place back, if it has one. */
void stream_leave(struct connection *c);

/*
 * Ends a reply in pieces that has begun, and gives its place back. whole: the reply has all that it
 * should have. False when it has not, or its end could not be sent: the connection is to be closed,
 * and the peer sees that something is missing.
 */
bool stream_end(struct connection *c, bool whole);
