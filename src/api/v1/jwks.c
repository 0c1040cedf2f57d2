/* SPDX-License-Identifier: MIT */
/* The public keys of access tokens, for other services that check them. */
#include "api/call.h"

enum { SECOND_US = 1000000, CACHE_MAX_S = 600 };

struct jwks_get_in;
SCHEMA_NONE(jwks_get);

/*
 * Whoever keeps the keys for half of keys.publish_ahead has read a new one in time, even when they
 * were read from somebody else's cache that was as old.
 */
enum err jwks_get(struct req *r, const struct jwks_get_in *in)
{
	const struct app *app = r->app;
	int64_t half_s = app->conf->keys_publish_ahead / SECOND_US / 2;

	(void)in;
	if (keyring_behind(app->keys) && keyring_keys(app->keys)->n == 0)
		return ERR_DB_UNAVAILABLE;
	reply_header(r, "Cache-Control",
		     arena_printf(r->arena, "public, max-age=%lld",
				  (long long)(half_s < CACHE_MAX_S ? half_s : CACHE_MAX_S)));
	return reply_raw(r, keyring_jwks(app->keys));
}
