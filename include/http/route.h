/* SPDX-License-Identifier: MIT */
/* The const table of operations, and how a path finds its row. */
#pragma once

#include "base/err.h"
#include "http/request.h"
#include "schema/fields.h"

struct req;

enum access {
	ACCESS_ANYONE,
	ACCESS_USER, /* signed in */
	ACCESS_SELF, /* the user named by {id} in the path, or an admin */
	ACCESS_ADMIN,
	/*
	 * Signed in, by a cookie too; any other fault of the request is 403: nginx's auth_request
	 * knows no other refusals.
	 */
	ACCESS_GATE
};

/* The cost of a request beside its statements: nginx limits it by network. */
enum cost {
	COST_FREE,
	COST_SESSION, /* of a request that a signed-in user makes every few minutes */
	COST_HASH,    /* of a password */
	COST_MAIL
};

enum reply_shape {
	REPLY_NONE,
	REPLY_ONE,
	REPLY_LIST,
	REPLY_LINES, /* in pieces, each struct a line by itself */
	REPLY_RAW,
	REPLY_PAGE, /* HTML */
	REPLY_SEE   /* 303, and where to go on */
};

/* Initialises path, head and mark with a string literal. */
#define ROUTE_AT(text)                                                                             \
	.path = (text), .head = ROUTE_HEAD(text), .mark = (text)[ROUTE_HEAD(text) - 1]
#define ROUTE_HEAD(text) (sizeof(text) - __builtin_strlen(__builtin_strchr(text "{", '{')))

struct route {
	const char *name;
	enum method method;
	const char *path; /* "/api/v1/users/{id}" */
	size_t head;	  /* bytes of it in front of the first parameter */
	char mark;	  /* the last one of those */
	enum access access;
	enum cost cost;
	int status; /* of success */
	enum reply_shape shape;
	const struct schema *in,
		*out; /* out: of REPLY_ONE, REPLY_LIST and REPLY_LINES, else NULL */
	const char *summary;
	enum err (*run)(struct req *, const void *in);
	/*
	 * Numbers of enum err that the handler itself answers, then OK. route_answers knows all of
	 * them.
	 */
	const int *problems;
};

enum { ROUTE_PARAMS_MAX = 4, ROUTE_PATH_MAX = 1024, ROUTE_MOUNT_MAX = 128 };

struct route_match {
	const struct route *route;
	/* Decoded and valid UTF-8, in the order in which they stand in the path. */
	struct {
		struct str name, value;
	} params[ROUTE_PARAMS_MAX];
	size_t n;
	unsigned allowed; /* bit per enum method that the path has; for 405 */
};

/*
 * Finds the row for a PATH_INFO, or without one for a raw path. A literal segment wins over a
 * parameter. Invalid UTF-8, "." and ".." and an empty segment match nothing, and in a raw path %2F
 * and %00 neither. Where both are given they have to be one path: the raw one is held to the same
 * rules, and decoded it is mount and PATH_INFO, or the request is ERR_INVALID. Else ERR_NOT_FOUND,
 * or ERR_METHOD_NOT_ALLOWED with m->allowed set.
 */
enum err route_find(const struct route *routes, size_t n, const struct http_request *r,
		    struct arena *a, struct route_match *m);

/* "GET, HEAD, PUT": the value of Allow. OPTIONS is always in it. */
struct str route_allow(unsigned allowed, struct arena *a);

/* Value of a path parameter; the null str when there is none. */
struct str route_param(const struct route_match *m, const char *name);

/*
 * Whether an operation is for signed-in users, and may change something: limits.changes holds for
 * it.
 */
bool route_changes(const struct route *r);

/* The source of a field of an operation's input; see schema/fields.h. */
enum source { SOURCE_PATH, SOURCE_QUERY, SOURCE_BODY };

enum source route_source(const struct route *r, const struct field *f);

/* Whether an operation reads a body, and whether a request may come without one. */
enum route_body { BODY_NONE, BODY_OPTIONAL, BODY_REQUIRED };

/*
 * The body as the operation's fields have it: without a required one in the body it may be missing.
 */
enum route_body route_body(const struct route *r);

/*
 * Whether an operation may answer with a problem: its handler says so, or it follows from the row.
 * Every operation can be refused for its input, its size, or because something is away or broken;
 * one that reads a body also for the form of that, one that wants a token for that, one that
 * changes something for how often. A path that cannot be decoded belongs to no operation, and
 * neither does a method that its path has not.
 */
bool route_answers(const struct route *r, enum err e);

/* Whether `name` stands as {name} in the route's path. */
bool route_has_param(const struct route *r, const char *name);
