/* SPDX-License-Identifier: MIT */
#include "cred/signature.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

enum { COORDINATE = 32 };

struct evp_pkey_st *signature_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

struct evp_pkey_st *signature_key_share(struct evp_pkey_st *key)
{
	EVP_PKEY_up_ref(key);
	return key;
}

void signature_key_free(struct evp_pkey_st *key)
{
	EVP_PKEY_free(key);
}

static bool check(EVP_PKEY *key, struct str input, const uint8_t *signature, size_t n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool right = c != NULL && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
		     EVP_DigestVerify(c, signature, n, (const uint8_t *)input.p, input.n) == 1;

	EVP_MD_CTX_free(c);
	return right;
}

/* OpenSSL wants the two numbers as DER. */
static bool check_pair(EVP_PKEY *key, struct str input, const uint8_t *pair)
{
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(pair, COORDINATE, NULL);
	BIGNUM *s = BN_bin2bn(pair + COORDINATE, COORDINATE, NULL);
	uint8_t der[2 * COORDINATE + 16], *end = der;
	bool right = false;

	/* ECDSA_SIG_set0 takes both numbers over, or neither. */
	if (numbers == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(numbers, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		int n = i2d_ECDSA_SIG(numbers, &end);

		right = n > 0 && check(key, input, der, (size_t)n);
	}
	ECDSA_SIG_free(numbers);
	return right;
}

static bool check_mac(struct secret secret, struct str input, struct str mac)
{
	crypto_auth_hmacsha256_state state;
	uint8_t right[crypto_auth_hmacsha256_BYTES];

	if (mac.n != sizeof right)
		return false;
	crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret.p, secret.n);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)input.p, input.n);
	crypto_auth_hmacsha256_final(&state, right);

	bool same = sodium_memcmp(right, mac.p, sizeof right) == 0;

	sodium_memzero(&state, sizeof state);
	sodium_memzero(right, sizeof right);
	return same;
}

bool signature_right(const struct token_key *key, struct str input, struct str signature)
{
	const uint8_t *p = (const uint8_t *)signature.p;

	switch (key->algorithm) {
	case TOKEN_HS256:
		return check_mac(key->secret, input, signature) ||
		       (key->previous.n > 0 && check_mac(key->previous, input, signature));
	case TOKEN_ES256:
		return key->read != NULL && signature.n == 2 * COORDINATE &&
		       check_pair(key->read, input, p);
	case TOKEN_RS256:
		return key->read != NULL && check(key->read, input, p, signature.n);
	}
	return false;
}
