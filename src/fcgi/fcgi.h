/* SPDX-License-Identifier: MIT */
/*
 * The one place that touches libfcgi. It is given a whole request to read, never the socket, and
 * only a reply that fits the socket's buffer, so it never blocks the loop.
 */
#pragma once

#include <fcgiapp.h>

#include "fcgi/server.h"

/* Once a process, before anything else here. */
bool fcgi_init(void);

/* A connection without a request. fd stays the caller's: nothing here closes it. */
void fcgi_open(FCGX_Request *f, int fd);

/*
 * Reads a request from its records, of which *out keeps nothing. *keep tells whether the peer wants
 * the connection kept. False when it is not what frame_check said, or when CONTENT_LENGTH and the
 * body differ: the connection is to be closed. Afterwards fcgi_done or fcgi_drop is due.
 */
bool fcgi_read(FCGX_Request *f, struct str records, struct arena *a, struct http_request *out,
	       bool *keep);

/* Sends a reply; false when it could not be sent whole: the connection is to be closed. */
bool fcgi_reply(FCGX_Request *f, struct http_reply *r);

/* Releases what the request took, without a reply. */
void fcgi_drop(FCGX_Request *f);

/*
 * The events of epoll that say that a peer of this listening socket reads no more. Who only says
 * that no more is coming may still wait for the reply; a unix socket tells the two apart, while
 * over TCP a peer that has closed looks the same at first.
 */
uint32_t fcgi_leaving(int listener);
