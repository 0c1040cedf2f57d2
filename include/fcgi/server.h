/* SPDX-License-Identifier: MIT */
/* FastCGI connections of one worker: many at a time, kept open, none able to hold up another. */
#pragma once

#include "http/exchange.h"

struct http_server_options {
	int listener;		    /* listening socket; stays the caller's */
	size_t max_requests;	    /* under way at once; the ones beyond are `overloaded` */
	size_t arena_limit;	    /* bytes a request may use */
	int64_t request_timeout_us; /* the deadline of the task; 0 for none */
	/* Replies in pieces: how many at once, beside max_requests; how long a peer may take
	 * nothing, and each may last. */
	size_t max_streams;
	int64_t stream_idle_us, stream_life_us;
	void (*serve)(void *ctx, struct http_exchange *x);
	void *ctx;
};

struct http_server;

/* Makes a server. NULL when out of memory, or when libfcgi cannot be used. */
struct http_server *http_server_make(const struct http_server_options *o);

/* Starts to accept; false when the kernel refuses. */
bool http_server_listen(struct http_server *s);

/* Accepts no more; the connections that are open are served until the peer closes them. */
void http_server_drain(struct http_server *s);

/* Open connections. */
size_t http_server_connections(const struct http_server *s);

/*
 * Ends the replies in pieces that are under way, so that their peers see them cut off. The replies
 * are gone after the loop's next turn.
 */
void http_server_cut(struct http_server *s);

/* Requests under way. */
size_t http_server_requests(const struct http_server *s);

/* Requests answered so far. */
uint64_t http_server_served(const struct http_server *s);

/* Gives memory that idle requests have left behind back to the system. */
void http_server_trim(struct http_server *s);

/* Closes everything; no request may be under way. */
void http_server_free(struct http_server *s);
