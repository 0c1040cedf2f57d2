/* SPDX-License-Identifier: MIT */
/* A request to the product that came over HTTP, and how it is answered. */
#pragma once

#include <stdint.h>

#include "api/dispatch.h"
#include "core/req.h"
#include "http/route.h"

struct call {
	struct req req; /* the first member: see call_of */
	const struct dispatch *dispatch;
	const struct table *table;
	struct http_exchange *exchange;
	const struct http_request *http;
	struct http_reply *reply;
	struct route_match match;
};

/* The call of a request; every request that a handler is given belongs to one. */
static inline struct call *call_of(const struct req *r)
{
	return (struct call *)(uintptr_t)r;
}

/*
 * The sender of a request, as the server in front tells it. An address that is none becomes "", and
 * a request id that could not stand in a log becomes one of ours, whose text is kept in `id`.
 */
struct from call_from(const struct http_request *http, char id[static UUID_TEXT]);

/*
 * Ends a handler with the struct at `out` that the route replies with, or with nothing where it
 * replies with nothing. Always OK, so it can be returned.
 */
enum err reply(struct req *r, const void *out);

/* Ends a handler with 303 and the place to go on: a path of the service, which is read there. */
enum err reply_see(struct req *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends a handler with a bare array of n structs. */
enum err reply_list(struct req *r, const void *out, size_t n);

/* Ends a handler with text that is JSON already. */
enum err reply_raw(struct req *r, struct str json);

/*
 * Takes a place for a reply of lines, before the work that the first of them takes. ERR_BUSY, with
 * what the client is told: there are too many such replies.
 */
enum err reply_begins(struct req *r);

/*
 * Sends the next n structs of a reply that has as many as there are (LINES), each a JSON text on a
 * line of its own, and sleeps until the client has taken them. The request's transaction is ended
 * before, so nothing is held meanwhile, and what is told is committed; the handler may go on with
 * the next. Status and headers are fixed by the first call, and every error of a later one ends the
 * handler: the client sees that the reply was cut off. To be called after reply_begins.
 */
enum err reply_lines(struct req *r, const void *out, size_t n);

/* Whether lines are asked for: HEAD wants the headers in front of them. */
bool reply_has_lines(const struct req *r);

/* Adds the headers that each reply has. e: the result of the request. */
void reply_head(struct call *c, enum err e);

void reply_header(struct req *r, const char *name, struct str value);

/* Says where the new thing is: Location with a path of the service ("/api/v1/users/..."). */
void reply_at(struct req *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Ends a handler with a page of n structs, at most `limit`. A full page is followed by another,
 * which may turn out empty, and says where (RFC 8288): Link rel=next, which continues behind the
 * last struct's id. filter: what else the query asks for, encoded ("&actor=..."), or "".
 */
enum err reply_page(struct req *r, const void *out, size_t n, int32_t limit, struct str filter);

/* A path of the service as its clients name it: "/api/v1/users" behind where it is mounted. */
struct str path_here(const struct req *r, const char *path);

/* The Authorization header where it is of another scheme than ours, for the application behind the
 * gate; else null. */
struct str who_foreign(const struct req *r);

/* Whether the user still may ask: ERR_TOKEN_REVOKED, or ERR_DB_UNAVAILABLE while nobody knows. */
enum err who_still(const struct req *r);

/* req.identify of a call: from its Authorization header, or at the gate from its cookie, where
 * sessions.access_cookie allows that. */
enum err who_asks(struct req *r);
