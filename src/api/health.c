/* SPDX-License-Identifier: MIT */
/* What monitors and developers ask. Liveness is nginx's own answer. */
#include "api/req.h"
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
	(void)in;
	return reply_raw(r, r->app->openapi);
}
