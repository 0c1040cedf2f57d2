/* SPDX-License-Identifier: MIT */
/*
 * Access tokens: JWT (RFC 7519) signed by libjwt. The key decides the algorithm: the header is
 * read first and must name exactly it; only then does libjwt see the token. libjwt 1.10 checks no
 * claim, so exp, nbf, iat and iss are checked here.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"

enum { TOKEN_MAX = 4096 }; /* bytes of a token that is looked at */

struct token_key {
	struct secret secret; /* HS256: at least 32 bytes (RFC 7518 section 3.2) */
	struct str issuer;
};

struct token_claims {
	struct str subject; /* user id */
	struct str email, role, id;
	struct str session;	 /* sid: its id */
	int32_t version;	 /* ver: users.token_version */
	int64_t issued, expires; /* seconds since 1970 */
};

/* Signs; the token is in the arena. ERR_INTERNAL when libjwt fails. */
enum err token_sign(const struct token_key *key, const struct token_claims *claims, struct arena *a,
		    struct str *out);

/*
 * Checks a token and reads its claims into the arena. ERR_TOKEN_EXPIRED past exp,
 * ERR_TOKEN_INVALID for everything else: other alg, crit present, bad signature or encoding, typ
 * other than JWT, duplicate or missing claims, wrong iss, any aud (ours have none), iat or nbf in
 * the future beyond 60 s. typ is not RFC 9068's at+jwt because libjwt 1.10 writes and accepts
 * nothing but JWT; so a key that signs access tokens must sign nothing else.
 */
enum err token_verify(const struct token_key *key, struct str token, struct instant now,
		      struct arena *a, struct token_claims *out);
