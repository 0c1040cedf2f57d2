/* SPDX-License-Identifier: MIT */
/* The front of the API: from a request over HTTP to its reply. */
#pragma once

#include "core/req.h"
#include "db/pool.h"
#include "http/exchange.h"
#include "http/route.h"
#include "text/template.h"

struct dispatch {
	struct app app;
	struct pool *pool;
	struct str openapi;	     /* the document */
	const struct template *page; /* page_template() */
};

/*
 * Takes a request to its reply: finds the operation, checks who may call it, decodes the input,
 * runs the handler, ends its transaction, writes the problem if there is one, logs. ctx: a struct
 * dispatch. Fits http_server_options.serve.
 */
void dispatch(void *ctx, struct http_exchange *x);

/* Takes the template of pages apart; the result is the arena's. */
const struct template *page_template(struct arena *a);

struct wire;

/* Operations that are spoken in one way: a routes.def. */
struct table {
	const struct route *routes;
	size_t n;
	const char *under; /* what all their paths begin with */
	const struct wire *wire;
};

extern const struct table table_v1, table_page;

/* All tables, then NULL. */
extern const struct table *const tables[];
