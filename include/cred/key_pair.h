/* SPDX-License-Identifier: MIT */
/*
 * Key pairs of access tokens. The private key leaves its maker only sealed (by libsodium's
 * secretbox), with a key that is derived from the keepers' secret: the database holds it, workers
 * pass it on, and only a keeper can open it.
 */
#pragma once

#include "base/err.h"
#include "cred/token.h"

enum { KEY_SECRET = 32 /* bytes; see keeper_secret */ };

struct key_pair {
	struct str kid;	       /* RFC 7638 thumbprint of the public key */
	struct str pem;	       /* public key, SubjectPublicKeyInfo */
	struct str jwk;	       /* public key, RFC 7517, with kid, use and alg */
	struct secret private; /* PKCS #8 PEM, sealed, base64 */
};

/*
 * Makes a key pair, for ES256 (P-256) or RS256 (3072 bits, about 128 of security: NIST SP 800-57).
 * ES256 takes less than a millisecond, RS256 up to a few seconds. ERR_INTERNAL: OpenSSL failed.
 */
enum err key_pair_make(enum token_algorithm algorithm, const uint8_t secret[static KEY_SECRET],
		       struct arena *a, struct key_pair *out);

/* Seals a private key, as key_pair_make does. */
struct secret key_pair_seal(struct secret pem, const uint8_t secret[static KEY_SECRET],
			    struct arena *a);

/* Opens a sealed private key; false when it was sealed with another secret, or changed. */
bool key_pair_open(struct secret sealed, const uint8_t secret[static KEY_SECRET], struct arena *a,
		   struct secret *pem);
