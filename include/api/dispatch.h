/* SPDX-License-Identifier: MIT */
/* The front of the API: from a request over HTTP to its reply. */
#pragma once

#include "core/req.h"
#include "db/pool.h"
#include "http/exchange.h"
#include "http/route.h"

struct dispatch {
	struct app app;
	struct pool *pool;
	struct str openapi; /* the document */
};

/*
 * From a request to its reply: finds the operation, checks who may call it, decodes the input, runs
 * the handler, ends its transaction, writes the problem if there is one, logs. ctx: a struct
 * dispatch. Fits http_server_options.serve.
 */
void dispatch(void *ctx, struct http_exchange *x);

/* The operations, from routes.def. */
extern const struct route routes[];
extern const size_t routes_count;
