/* SPDX-License-Identifier: MIT */
/* What is wrong with an input, all of it, and how an error reply says so. */
#pragma once

#include "base/err.h"
#include "http/request.h"

struct fault {
	struct fault *next;
	struct str pointer; /* RFC 6901, into the body; "/name" for path and query */
	struct str message;
};

/* Faults in the order they were found, at most FAULTS_MAX. */
struct faults {
	struct fault *first, *last;
	size_t n;
};

enum { FAULTS_MAX = 32 };

void fault_add(struct faults *f, struct arena *a, struct str pointer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The facts of an error reply. message may be null: the fault stands in, if there is just one, or
 * else the title of err.def.
 */
struct problem {
	enum err err;
	struct str message;
	struct str request_id;
	const struct faults *faults; /* NULL for none */
	bool rfc9457;		     /* as application/problem+json */
};

/*
 * Writes the body and Content-Type of an error reply; the one function that does.
 * {"error": {"status", "code", "message", "request_id", "fields": [{"pointer", "message"}]}}
 * or, as RFC 9457, {"type", "title", "status", "detail", "code", "request_id", "errors"}.
 */
void problem_write(struct http_reply *out, const struct problem *p);
