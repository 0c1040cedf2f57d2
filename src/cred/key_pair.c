/* SPDX-License-Identifier: MIT */
#include "cred/key_pair.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>

#include "cred/base64url.h"

enum {
	RSA_BITS = 3072,
	COORDINATE = 32, /* bytes of a number of P-256, leading zeros kept (RFC 7518 6.2.1.2) */
	SEAL_ID = 1	 /* the first key that is derived with SEAL_PURPOSE */
};

#define SEAL_PURPOSE "signkeys" /* crypto_kdf_CONTEXTBYTES */
#define BASE64 sodium_base64_VARIANT_ORIGINAL

static void key_release(void *key)
{
	EVP_PKEY_free(key);
}

static void bio_release(void *bio)
{
	BIO_free(bio);
}

static void number_release(void *number)
{
	BN_free(number);
}

/* The text that was written into memory; OpenSSL wipes its own copy. */
static struct str bio_text(BIO *bio, struct arena *a)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return arena_dup(a, (struct str){ p, n < 0 ? 0 : (size_t)n });
}

static bool public_pem(EVP_PKEY *key, struct arena *a, struct str *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	arena_defer(a, bio_release, bio);
	if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1)
		return false;
	*out = bio_text(bio, a);
	return true;
}

static bool private_pem(EVP_PKEY *key, struct arena *a, struct secret *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	arena_defer(a, bio_release, bio);
	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return false;

	struct str text = bio_text(bio, a);

	*out = (struct secret){ text.p, text.n };
	return true;
}

/* One number of a public key in base64url, of so many bytes; 0: of as many as it needs. */
static bool number(EVP_PKEY *key, const char *name, size_t size, struct arena *a, struct str *out)
{
	BIGNUM *n = NULL;
	bool got = EVP_PKEY_get_bn_param(key, name, &n) == 1;

	arena_defer(a, number_release, n);
	if (!got)
		return false;
	if (size == 0)
		size = (size_t)BN_num_bytes(n);

	uint8_t *bytes = arena_alloc(a, size);

	if (BN_bn2binpad(n, bytes, (int)size) < 0)
		return false;
	*out = base64url_write((struct str){ (const char *)bytes, size }, a);
	return true;
}

/* RFC 7638 section 3: the required members alone, in the order of their names. */
static bool required_members(EVP_PKEY *key, enum token_algorithm algorithm, struct arena *a,
			     struct str *out)
{
	struct str x = { 0 }, y = { 0 };

	if (algorithm == TOKEN_ES256) {
		if (!number(key, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE, a, &x) ||
		    !number(key, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE, a, &y))
			return false;
		*out = arena_printf(a, "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"",
				    x.p, y.p);
		return true;
	}
	if (!number(key, OSSL_PKEY_PARAM_RSA_E, 0, a, &x) ||
	    !number(key, OSSL_PKEY_PARAM_RSA_N, 0, a, &y))
		return false;
	*out = arena_printf(a, "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"", x.p, y.p);
	return true;
}

static bool public_jwk(EVP_PKEY *key, enum token_algorithm algorithm, struct arena *a,
		       struct key_pair *out)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct str members = { 0 };

	if (!required_members(key, algorithm, a, &members))
		return false;

	struct str input = arena_printf(a, "{%s}", members.p);

	crypto_hash_sha256(digest, (const uint8_t *)input.p, input.n);
	out->kid = base64url_write((struct str){ (const char *)digest, sizeof digest }, a);
	out->jwk = arena_printf(a, "{\"alg\":\"%s\",%s,\"kid\":\"%s\",\"use\":\"sig\"}",
				token_algorithm_name(algorithm).p, members.p, out->kid.p);
	return true;
}

/* Derives the key of seals from the keepers' secret, for this purpose alone. */
static void seal_key(const uint8_t secret[static KEY_SECRET],
		     uint8_t key[static crypto_secretbox_KEYBYTES])
{
	_Static_assert(KEY_SECRET == crypto_kdf_KEYBYTES, "of one size");
	crypto_kdf_derive_from_key(key, crypto_secretbox_KEYBYTES, SEAL_ID, SEAL_PURPOSE, secret);
}

/* A sealed key is a nonce, then the box; in base64. */
struct secret key_pair_seal(struct secret plain, const uint8_t secret[static KEY_SECRET],
			    struct arena *a)
{
	size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.n;
	size_t room = sodium_base64_ENCODED_LEN(n, BASE64);
	uint8_t *box = arena_alloc(a, n), key[crypto_secretbox_KEYBYTES];
	char *text = arena_alloc(a, room);

	seal_key(secret, key);
	randombytes_buf(box, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const uint8_t *)plain.p, plain.n,
			      box, key);
	sodium_memzero(key, sizeof key);
	sodium_bin2base64(text, room, box, n, BASE64);
	return (struct secret){ text, room - 1 };
}

bool key_pair_open(struct secret sealed, const uint8_t secret[static KEY_SECRET], struct arena *a,
		   struct secret *pem)
{
	const size_t head = crypto_secretbox_NONCEBYTES, least = head + crypto_secretbox_MACBYTES;
	uint8_t *box = arena_alloc(a, sealed.n / 4 * 3 + 3), key[crypto_secretbox_KEYBYTES];
	size_t n = 0;

	if (sealed.n == 0 ||
	    sodium_base642bin(box, sealed.n / 4 * 3 + 3, sealed.p, sealed.n, NULL, &n, NULL,
			      BASE64) != 0 ||
	    n <= least)
		return false;

	uint8_t *plain = arena_alloc(a, n - least + 1);

	seal_key(secret, key);

	bool opened = crypto_secretbox_open_easy(plain, box + head, n - head, box, key) == 0;

	sodium_memzero(key, sizeof key);
	*pem = (struct secret){ (const char *)plain, n - least };
	return opened;
}

enum err key_pair_make(enum token_algorithm algorithm, const uint8_t secret[static KEY_SECRET],
		       struct arena *a, struct key_pair *out)
{
	EVP_PKEY *key = algorithm == TOKEN_ES256   ? EVP_EC_gen("P-256")
			: algorithm == TOKEN_RS256 ? EVP_RSA_gen(RSA_BITS)
						   : NULL;
	struct secret pem = { 0 };

	arena_defer(a, key_release, key);
	if (key == NULL || !public_pem(key, a, &out->pem) || !private_pem(key, a, &pem) ||
	    !public_jwk(key, algorithm, a, out))
		return ERR_INTERNAL;
	out->private = key_pair_seal(pem, secret, a);
	return OK;
}
