/* SPDX-License-Identifier: MIT */
/* Questions of monitors and developers. Liveness is nginx's own answer. */
#include <string.h>

#include "api/call.h"
#include "db/pool.h"

struct health_out {
	struct str status;
};
SCHEMA(health, health_out, FIELD(health_out, status));

struct health_ready_in;
SCHEMA_NONE(health_ready);

enum err health_ready(struct req *r, const struct health_ready_in *in)
{
	struct health_out out = { .status = STR("ok") };

	(void)in;
	TRY(db_ping(r->db));
	return reply(r, &out);
}

struct openapi_get_in;
SCHEMA_NONE(openapi_get);

enum err openapi_get(struct req *r, const struct openapi_get_in *in)
{
	struct str document = call_of(r)->dispatch->openapi, before = { 0 },
		   root = STR("\"url\": \"/\"");
	const char *at = memmem(document.p, document.n, root.p, root.n);

	(void)in;
	if (call_of(r)->http->mount.n == 0 || at == NULL)
		return reply_raw(r, document);
	before = (struct str){ document.p, (size_t)(at - document.p) };
	return reply_raw(r, arena_printf(r->arena, "%.*s\"url\": \"%.*s\"%s", STR_ARG(before),
					 STR_ARG(call_of(r)->http->mount), at + root.n));
}
