/* SPDX-License-Identifier: MIT */
#include "serve/secret.h"

#include "cred/keeper.h"

void secret_now(const struct conf *c, uint8_t out[static KEY_SECRET])
{
	keeper_secret(c->secret_key, c->jwt_secret, out);
}

bool secret_previous(const struct conf *c, uint8_t out[static KEY_SECRET])
{
	struct secret from = c->secret_key_previous;

	/* Workers have that: beside a secret_key it is taken only when somebody says so. */
	if (from.n == 0 && c->secret_key.n == 0)
		from = c->jwt_secret_previous;
	if (from.n == 0)
		return false;
	keeper_secret(from, (struct secret){ 0 }, out);
	return true;
}
