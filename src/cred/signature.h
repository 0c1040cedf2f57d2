/* SPDX-License-Identifier: MIT */
/*
 * Signatures of tokens, by OpenSSL and libsodium. libjwt would take the algorithm from the token,
 * and read a public key anew for each, which takes OpenSSL 3.0 five times as long as the check
 * itself.
 */
#pragma once

#include "cred/token.h"

struct evp_pkey_st;

/* Reads a public key; NULL when it is none in PEM. */
struct evp_pkey_st *signature_key(struct str pem);
/* The same key once more; each is freed for itself. */
struct evp_pkey_st *signature_key_share(struct evp_pkey_st *key);
void signature_key_free(struct evp_pkey_st *key);

/*
 * Whether a signature is the key's for the input, by the key's own algorithm. ES256: r and s, 32
 * bytes each (RFC 7518 section 3.4).
 */
bool signature_right(const struct token_key *key, struct str input, struct str signature);
