/* SPDX-License-Identifier: MIT */
/*
 * Signing keys as the database has them. The input is a public key in PEM, the JWK and what is
 * sealed, each ended by a line "--". What was not sealed by our secret never opens; the same bytes
 * sealed by it come back, and whatever they are, signing with them ends in a token or an error. The
 * keys among the seeds were made for them and are good for nothing else.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "cred/keyring.h"
#include "cred/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PRIVATE_MIN = 32 /* what token_sign takes for granted; no PEM is shorter */ };

static const uint8_t secret[KEY_SECRET] = "0123456789abcdef0123456789abcdef";

/* Of key_pair.c: what is sealed otherwise is not opened. */
static struct secret seal(struct str plain, struct arena *a)
{
	size_t head = crypto_secretbox_NONCEBYTES, n = head + crypto_secretbox_MACBYTES + plain.n;
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	uint8_t *box = arena_alloc(a, n), key[crypto_secretbox_KEYBYTES];
	char *text = arena_alloc(a, room);

	crypto_kdf_derive_from_key(key, sizeof key, 1, "signkeys", secret);
	crypto_secretbox_easy(box + head, (const uint8_t *)plain.p, plain.n, box, key);
	sodium_bin2base64(text, room, box, n, sodium_base64_VARIANT_ORIGINAL);
	return (struct secret){ text, room - 1 };
}

static void check_private(struct str plain, enum token_algorithm algorithm, struct arena *a)
{
	struct token_key key = { .algorithm = algorithm, .kid = STR("k") };
	struct token_claims claims = { .subject = STR("ann"), .id = STR("1"), .expires = 1 };
	struct str token = { 0 };

	if (plain.n < PRIVATE_MIN)
		return;
	assert(key_pair_open(seal(plain, a), secret, a, &key.secret));
	assert(key.secret.n == plain.n && sodium_memcmp(key.secret.p, plain.p, plain.n) == 0);
	if (token_sign(&key, STR("postern"), &claims, a, &token) == OK)
		assert(token.n > 0);
}

static void check_ring(struct str pem, struct str jwk, struct secret sealed,
		       enum token_algorithm algorithm, struct arena *a)
{
	struct keyring *ring = keyring_make(
		&(struct keyring_options){ .algorithm = algorithm, .issuer = STR("postern") });
	struct keyring_key row = { .kid = STR("k"),
				   .algorithm = token_algorithm_name(algorithm),
				   .active = true,
				   .pem = pem,
				   .jwk = jwk,
				   .private = sealed,
				   .settled = true };
	struct keyring_signer signer = { 0 };

	/* Twice, for a key that is known is not read again. */
	for (int i = 0; i < 2; i++) {
		assert(keyring_replace(ring, &row, 1));
		assert(keyring_keys(ring)->n <= 1 && keyring_generation(ring) == 0);
		assert(keyring_signer(ring, a, &signer) == OK && str_eq(signer.kid, row.kid));
	}
	if (keyring_keys(ring)->n == 1) {
		char zero[512] = { 0 };
		const struct token_key *key = keyring_keys(ring)->v;

		for (size_t n = 0; n <= sizeof zero; n += 64)
			assert(!signature_right(key, jwk, (struct str){ zero, n }));
	}
	assert(keyring_replace(ring, NULL, 0) && str_eq(keyring_jwks(ring), STR("{\"keys\":[]}")));
	keyring_free(ring);
}

static struct str part(struct str *rest)
{
	const char *cut = rest->n == 0 ? NULL : memmem(rest->p, rest->n, "\n--\n", 4);
	struct str before = { rest->p, cut == NULL ? rest->n : (size_t)(cut - rest->p) };

	*rest = cut == NULL ? STR("") : str_from_at(*rest, before.n + 4);
	return before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_make(1 << 24, NULL, NULL);
	if (size < 2 || size > 16384)
		return 0;

	struct str rest = { (const char *)data + 1, size - 1 };
	enum token_algorithm algorithm = data[0] % 2 == 0 ? TOKEN_ES256 : TOKEN_RS256;
	struct str pem = part(&rest), jwk = part(&rest), sealed = part(&rest);
	struct secret opened = { 0 };

	assert(!key_pair_open((struct secret){ sealed.p, sealed.n }, secret, a, &opened));
	check_private(sealed, algorithm, a);
	check_ring(pem, jwk, (struct secret){ sealed.p, sealed.n }, algorithm, a);
	arena_reset(a);
	return 0;
}
