/* SPDX-License-Identifier: MIT */
/*
 * The keys of access tokens, as a worker has them: one secret (HS256), or the public keys of the
 * database, which are read again every few seconds, and the one that signs, sealed.
 */
#pragma once

#include "cred/key_pair.h"

enum {
	KEYRING_MAX = 64, /* keys */
	/*
	 * Nobody signs with a key for so long after it was made, unless there is no other: by then
	 * every worker knows it. A worker that has not read the keys for longer says so
	 * (keyring_behind).
	 */
	KEYRING_SETTLE_US = 10000000
};

/* One key as the database has it. */
struct keyring_key {
	struct str kid, algorithm, pem, jwk;
	struct secret private; /* sealed */
	bool active, next;     /* neither: it is retired */
	bool settled;	       /* the key is older than KEYRING_SETTLE_US */
};

struct keyring_options {
	enum token_algorithm algorithm; /* of new tokens */
	struct secret secret;		/* HS256 */
	struct secret previous;		/* the one before it, to check with; null: none */
	struct str issuer;
};

struct keyring;

/* Borrows secrets and issuer. NULL when out of memory. */
struct keyring *keyring_make(const struct keyring_options *o);
void keyring_free(struct keyring *k);

/* Whether there are keys to read: with HS256 there are none. */
bool keyring_asymmetric(const struct keyring *k);

/*
 * Replaces all keys that were known; the active key comes first, then those that were active
 * before, the last one first. A key that is none of ours (an unknown algorithm, an empty kid) is
 * left out. False when out of memory: then nothing has changed.
 */
bool keyring_replace(struct keyring *k, const struct keyring_key *v, size_t n);

/* The keys that tokens are checked with, until they are replaced. */
const struct token_keys *keyring_keys(const struct keyring *k);

/* A number that changes each time a key has gone: tokens checked by it have to be checked again. */
uint32_t keyring_generation(const struct keyring *k);

/* Whether there may be keys that the ring does not know yet; so it is before the first reading. */
bool keyring_behind(const struct keyring *k);

/* The key that a keeper needs to sign a token: with HS256 none. */
struct keyring_signer {
	enum token_algorithm algorithm;
	struct str kid;
	struct secret private; /* sealed */
};

/* Copies the key, for the keys may be replaced. ERR_DB_UNAVAILABLE: no key is known yet. */
enum err keyring_signer(const struct keyring *k, struct arena *a, struct keyring_signer *out);

/* All public keys as a JWK Set (RFC 7517 section 5), until they are replaced. */
struct str keyring_jwks(const struct keyring *k);
