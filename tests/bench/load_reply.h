/* SPDX-License-Identifier: MIT */
/* As much of HTTP/1.1 as tells where a reply ends (RFC 9112 section 6). For load.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum reply_state {
	REPLY_STATUS,
	REPLY_HEADERS,
	REPLY_BODY, /* `left` bytes */
	REPLY_CHUNK_SIZE,
	REPLY_CHUNK, /* `left` bytes */
	REPLY_CHUNK_END,
	REPLY_TRAILERS,
	REPLY_TO_CLOSE, /* no length given: the connection's end is the reply's */
	REPLY_DONE,
	REPLY_BAD
};

struct reply {
	enum reply_state state;
	int status;
	bool bodiless; /* to HEAD */
	bool close, chunked;
	int64_t left; /* -1: Content-Length not seen */
	size_t line_n;
	char line[256]; /* the beginning of a line; what counts is short */
};

static inline void reply_begin(struct reply *r, bool bodiless)
{
	r->state = REPLY_STATUS;
	r->status = 0;
	r->bodiless = bodiless;
	r->close = r->chunked = false;
	r->left = -1;
	r->line_n = 0;
}

static inline void reply_status(struct reply *r, struct str line)
{
	struct str digits = str_from_at(line, 9);
	int64_t status = 0;

	digits.n = digits.n > 3 ? 3 : digits.n;
	if (!str_starts(line, STR("HTTP/1.")) || !str_to_i64(digits, 100, 599, &status)) {
		r->state = REPLY_BAD;
		return;
	}
	r->status = (int)status;
	r->close = line.p[7] == '0';
	r->state = REPLY_HEADERS;
}

static inline void reply_body(struct reply *r)
{
	if (r->status < 200)
		reply_begin(r, r->bodiless); /* 100, 103: the real one follows */
	else if (r->bodiless || r->status == 204 || r->status == 304)
		r->state = REPLY_DONE;
	else if (r->chunked)
		r->state = REPLY_CHUNK_SIZE;
	else if (r->left >= 0)
		r->state = r->left == 0 ? REPLY_DONE : REPLY_BODY;
	else
		r->state = REPLY_TO_CLOSE;
}

static inline void reply_header(struct reply *r, struct str line)
{
	struct str name = { 0 };

	if (line.n == 0) {
		reply_body(r);
		return;
	}
	if (!str_split(&line, ':', &name) || line.p == NULL) {
		r->state = REPLY_BAD;
		return;
	}
	line = str_trim(line);
	if (str_eq_nocase(name, STR("content-length")) && !str_to_i64(line, 0, INT64_MAX, &r->left))
		r->state = REPLY_BAD;
	else if (str_eq_nocase(name, STR("transfer-encoding")))
		r->chunked = str_eq_nocase(line, STR("chunked"));
	else if (str_eq_nocase(name, STR("connection")) && str_eq_nocase(line, STR("close")))
		r->close = true;
}

/* Extensions behind the number are let be. line.p is NUL-terminated. */
static inline void reply_chunk(struct reply *r, struct str line)
{
	char *end = NULL;

	r->left = strtoll(line.p, &end, 16);
	if (end == line.p || r->left < 0)
		r->state = REPLY_BAD;
	else
		r->state = r->left == 0 ? REPLY_TRAILERS : REPLY_CHUNK;
}

/* line.p is NUL-terminated. */
static inline void reply_line(struct reply *r, struct str line)
{
	switch (r->state) {
	case REPLY_STATUS:
		reply_status(r, line);
		return;
	case REPLY_HEADERS:
		reply_header(r, line);
		return;
	case REPLY_CHUNK_SIZE:
		reply_chunk(r, line);
		return;
	case REPLY_CHUNK_END:
		r->state = line.n == 0 ? REPLY_CHUNK_SIZE : REPLY_BAD;
		return;
	case REPLY_TRAILERS:
		if (line.n == 0)
			r->state = REPLY_DONE;
		return;
	case REPLY_BODY:
	case REPLY_CHUNK:
	case REPLY_TO_CLOSE:
	case REPLY_DONE:
	case REPLY_BAD:
		return;
	}
}

/* Takes bytes up to the end of the line, or all of them; returns how many. */
static inline size_t reply_gather(struct reply *r, const char *p, size_t n)
{
	const char *end = memchr(p, '\n', n);
	size_t take = end == NULL ? n : (size_t)(end - p);
	size_t room = sizeof r->line - 1 - r->line_n;

	memcpy(r->line + r->line_n, p, take < room ? take : room);
	r->line_n += take < room ? take : room;
	if (end == NULL)
		return n;

	size_t length = r->line_n;

	if (length > 0 && r->line[length - 1] == '\r')
		length--;
	r->line[length] = '\0';
	r->line_n = 0;
	reply_line(r, (struct str){ r->line, length });
	return take + 1;
}

/* Reads on; bytes behind the end of a reply make it bad, for nothing more was asked for. */
static inline void reply_feed(struct reply *r, const char *p, size_t n)
{
	while (n > 0) {
		size_t used = n;

		if (r->state == REPLY_BODY || r->state == REPLY_CHUNK) {
			used = (int64_t)n < r->left ? n : (size_t)r->left;
			r->left -= (int64_t)used;
			if (r->left == 0)
				r->state = r->state == REPLY_BODY ? REPLY_DONE : REPLY_CHUNK_END;
		} else if (r->state == REPLY_DONE) {
			r->state = REPLY_BAD;
		} else if (r->state != REPLY_TO_CLOSE && r->state != REPLY_BAD) {
			used = reply_gather(r, p, n);
		}
		p += used;
		n -= used;
	}
}
