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
	 * For how long after a key was made nobody signs with it, unless there is no other: by then
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
	bool settled;	       /* it is older than KEYRING_SETTLE_US */
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

/* Whether there is anything to read: with HS256 there is not. */
bool keyring_asymmetric(const struct keyring *k);

/*
 * Takes the place of all keys that were known; the active key comes first, then those that were
 * active before, the last one first. What is no key of ours (an unknown algorithm, an empty kid) is
 * left out. False when out of memory: then nothing has changed.
 */
bool keyring_replace(struct keyring *k, const struct keyring_key *v, size_t n);

/* What tokens are checked with, until the keys are replaced. */
const struct token_keys *keyring_keys(const struct keyring *k);

/* Another number each time a key has gone: what was checked by it has to be checked again. */
uint32_t keyring_generation(const struct keyring *k);

/* Whether there may be keys that it does not know yet; so it is before the first reading. */
bool keyring_behind(const struct keyring *k);

/* What a keeper needs to sign a token: with HS256 nothing. */
struct keyring_signer {
	enum token_algorithm algorithm;
	struct str kid;
	struct secret private; /* sealed */
};

/* Copies it, for the keys may be replaced. ERR_DB_UNAVAILABLE: no key is known yet. */
enum err keyring_signer(const struct keyring *k, struct arena *a, struct keyring_signer *out);

/* All public keys as a JWK Set (RFC 7517 section 5), until they are replaced. */
struct str keyring_jwks(const struct keyring *k);
