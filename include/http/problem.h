/* SPDX-License-Identifier: MIT */
/* Error replies, which say what is wrong. */
#pragma once

#include "base/err.h"
#include "http/request.h"
#include "schema/fault.h"

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
