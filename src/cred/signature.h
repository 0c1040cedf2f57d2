/* SPDX-License-Identifier: MIT */
/*
 * Signatures of ES256 and RS256 by a public key that was read once. libjwt reads the key anew for
 * each token, which takes OpenSSL 3.0 five times as long as the check itself; so what is not
 * signed by us is turned away here, before libjwt is asked.
 */
#pragma once

#include "cred/token.h"

struct evp_pkey_st;

/* NULL when it is no public key in PEM. */
struct evp_pkey_st *signature_key(struct str pem);
/* The same once more; each is freed for itself. */
struct evp_pkey_st *signature_key_share(struct evp_pkey_st *key);
void signature_key_free(struct evp_pkey_st *key);

/* Whether it is the key's signature of the input. ES256: r and s, 32 bytes each (RFC 7518 3.4). */
bool signature_right(struct evp_pkey_st *key, enum token_algorithm algorithm, struct str input,
		     struct str signature);
