/* SPDX-License-Identifier: MIT */
/*
 * The one place that touches libfcgi, and that makes records. libfcgi is given a whole request to
 * read, never the socket, and replies are sent here, so nothing blocks the loop.
 */
#pragma once

#include <fastcgi.h>
#include <fcgiapp.h>
#include <sys/uio.h>

#include "fcgi/server.h"

enum {
	FCGI_TEXTS = 4, /* status, headers, the empty line, body */
	/* STDOUT of the longest reply, its end, and END_REQUEST. */
	FCGI_RECORDS = HTTP_REPLY_MAX / FCGI_MAX_LENGTH + 1 + 2,
	/* Each record has a header, which may cut a text in two; and the body of END_REQUEST. */
	FCGI_PARTS = 2 * FCGI_RECORDS + FCGI_TEXTS + 1
};

/* Records that are to be written, around texts where they lie. No text is copied. */
struct fcgi_records {
	FCGI_Header headers[FCGI_RECORDS];
	struct iovec parts[FCGI_PARTS];
	size_t record_count, part_count;
	size_t first; /* the first part that is not sent yet */
	int id;
	char status[96];
};

/* Prepares libfcgi, once a process, before anything else here. */
bool fcgi_init(void);

/* A connection without a request. fd stays the caller's: nothing here closes it. */
void fcgi_open(FCGX_Request *f, int fd);

/*
 * Reads a request from its records, of which *out keeps nothing. *keep tells whether the peer wants
 * the connection kept. False when the request is not what frame_check said, or when CONTENT_LENGTH
 * and the body differ: the connection is to be closed. Afterwards fcgi_reply or fcgi_drop is due.
 */
bool fcgi_read(FCGX_Request *f, struct str records, struct arena *a, struct http_request *out,
	       bool *keep);

/* Sends a reply; false when it could not be sent whole: the connection is to be closed. */
bool fcgi_reply(FCGX_Request *f, const struct http_reply *r);

/*
 * The records of a reply in pieces, one after the other: status and headers, which are at most
 * HTTP_REPLY_MAX bytes; pieces of the body, none of them longer than that; its end. The end tells a
 * server that nothing is missing. *o is made anew, and borrows until it has been sent.
 */
void fcgi_head(struct fcgi_records *o, const FCGX_Request *f, const struct http_reply *r);
void fcgi_piece(struct fcgi_records *o, const FCGX_Request *f, struct str piece);
void fcgi_end(struct fcgi_records *o, const FCGX_Request *f);

/*
 * Bytes that no server takes for a record: a server must see that the reply is not whole, which the
 * end of the connection alone does not tell all of them.
 */
void fcgi_break(struct fcgi_records *o, const FCGX_Request *f);

enum fcgi_sent {
	FCGI_SENT, /* all of it */
	FCGI_PART, /* the socket took some; the rest is to be sent */
	FCGI_FULL, /* the socket takes none at present */
	FCGI_FAILED
};

/* Sends the rest of the records, as far as that goes without waiting. */
enum fcgi_sent fcgi_send(const FCGX_Request *f, struct fcgi_records *o);

/* Releases the memory of a request, without a reply. */
void fcgi_drop(FCGX_Request *f);

/*
 * The events of epoll that say that a peer of this listening socket reads no more. A peer that only
 * says that no more is coming may still wait for the reply; a unix socket tells the two apart,
 * while over TCP a peer that has closed looks the same at first.
 */
uint32_t fcgi_leaving(int listener);
