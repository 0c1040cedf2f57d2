/* SPDX-License-Identifier: MIT */
/*
 * Access tokens: JWT (RFC 7519) signed by libjwt. The key decides the algorithm: the header is read
 * first, its kid finds the key, and it must name exactly that key's algorithm; then the signature
 * is checked, and exp, nbf, iat and iss.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"

enum { TOKEN_MAX = 4096 }; /* bytes of a token that is looked at */

enum token_algorithm { TOKEN_HS256, TOKEN_ES256, TOKEN_RS256 };

/* The name of an algorithm in a header (RFC 7518 section 3.1), and the algorithm of a name. */
struct str token_algorithm_name(enum token_algorithm algorithm);
bool token_algorithm_find(struct str name, enum token_algorithm *out);

struct token_key {
	enum token_algorithm algorithm;
	struct str kid; /* null with HS256, whose tokens name no key */
	/* HS256: at least 32 bytes (RFC 7518 section 3.2). Else the private key, PEM, to sign. */
	struct secret secret;
	struct str pem; /* the public key; null with HS256 */
	/*
	 * The public key, read once, to verify (src/cred/signature.h); NULL: no signature is right.
	 */
	struct evp_pkey_st *read;
	struct secret previous; /* HS256: one that tokens are still checked with; null: none */
};

/* The keys that tokens are checked with: the secret alone, or keys with different kids. */
struct token_keys {
	const struct token_key *v;
	size_t n;
	struct str issuer;
};

struct token_claims {
	struct str subject; /* user id */
	struct str email;   /* confirmed by its owner; "": none, and no claim */
	struct str role, id;
	struct str session;	 /* sid: its id */
	int32_t version;	 /* ver: users.token_version */
	int64_t issued, expires; /* seconds since 1970 */
};

/* Signs a token, which is in the arena. ERR_INTERNAL when libjwt fails. */
enum err token_sign(const struct token_key *key, struct str issuer,
		    const struct token_claims *claims, struct arena *a, struct str *out);

/*
 * Checks a token and reads its claims into the arena. ERR_TOKEN_EXPIRED past exp,
 * ERR_TOKEN_INVALID for everything else: unknown kid, other alg than the key's, crit present, bad
 * signature or encoding, typ other than JWT, duplicate or missing claims, wrong iss, any aud (ours
 * have none), iat or nbf in the future beyond 60 s. typ is not RFC 9068's at+jwt because
 * libjwt 1.10 writes and accepts nothing but JWT; so a key that signs access tokens must sign
 * nothing else.
 */
enum err token_verify(const struct token_keys *keys, struct str token, struct instant now,
		      struct arena *a, struct token_claims *out);
