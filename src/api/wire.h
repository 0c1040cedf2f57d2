/* SPDX-License-Identifier: MIT */
/*
 * A wire: how a table of operations is spoken, around handlers that take a struct and give one.
 * Status, who may call, limits and the headers that all replies have are not a wire's; see
 * api/dispatch.c.
 */
#pragma once

#include "api/call.h"

struct wire {
	/* Whether the client takes what the operation replies with: ERR_NOT_ACCEPTABLE. */
	enum err (*accept)(struct call *c);
	/* Makes the input of the operation: ERR_UNSUPPORTED_MEDIA_TYPE, and what the decoders of
	 * http/decode.h refuse. */
	enum err (*decode)(struct call *c, void *in);
	/* Writes the body of a reply of one struct. */
	void (*encode)(struct call *c, const void *out);
	/* Writes status, body and Content-Type of a reply that says what is wrong. */
	void (*refuse)(struct call *c, enum err e);
};

/* JSON, and problems as err.def has them. */
extern const struct wire wire_json;

/* Forms in, pages and redirects out. */
extern const struct wire wire_page;
