/* SPDX-License-Identifier: MIT */
#pragma once

#include "api/req.h"
#include "db/pool.h"
#include "fcgi/server.h"

struct dispatch {
	struct app app;
	struct pool *pool;
};

/*
 * From a request to its reply: finds the operation, checks who may call it, decodes the input, runs
 * the handler, ends its transaction, writes the problem if there is one, logs. ctx: a struct
 * dispatch. Fits http_server_options.serve.
 */
void dispatch(void *ctx, struct http_exchange *x);
