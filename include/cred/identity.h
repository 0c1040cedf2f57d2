/* SPDX-License-Identifier: MIT */
/*
 * The identity that a request speaks for. Access tokens that have been verified are remembered by a
 * keyed digest, so that a token costs its signature check once a worker; exp is looked at each
 * time, and when a key has gone, every token is checked again.
 */
#pragma once

#include "base/uuid.h"
#include "cred/keyring.h"

struct identity {
	struct uuid subject, token, session; /* sub, jti and sid */
	struct str email, role;
	int32_t version; /* ver */
	int64_t expires; /* seconds since 1970 */
};

struct identity_cache;

/* Makes room for that many tokens, a power of two from 8 on. NULL when out of memory. */
struct identity_cache *identity_cache_make(size_t tokens);
void identity_cache_free(struct identity_cache *c);

/*
 * Errors as token_verify; also ERR_TOKEN_INVALID when sub, jti or sid is no UUID, and
 * ERR_DB_UNAVAILABLE for a token whose key may be one that could not be read yet.
 */
enum err identity_of(struct identity_cache *c, const struct keyring *keys, struct str token,
		     struct instant now, struct arena *a, struct identity *out);
