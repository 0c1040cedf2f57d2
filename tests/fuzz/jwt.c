/* SPDX-License-Identifier: MIT */
/*
 * Access tokens. One line is a token as it stands; two are header and payload, which are signed
 * here, so that what lies behind the signature is reached too. What is accepted must be rightly
 * signed, by libjwt's judgement as well, current, and come back the same when it is made again. By
 * a key whose private half nobody has, nothing is ever accepted.
 */
#include "cred/signature.h"
#include "cred/token.h"

#include <jwt.h>
#include <sodium.h>

#include <stdlib.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"

#define PUBLIC                                                                                     \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEkW0Ruw/23Em4Iw4pkZf/K4UF3Uf\n"                       \
	"uzv3DMyhqTNpio8H7MCY+obEl8M+TaKYU+tyxPg03Uf1PMkPIHmRRxOgGg==\n"                           \
	"-----END PUBLIC KEY-----\n"

enum { NOW = 1000000100 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct str base64url(struct arena *a, const void *bytes, size_t n)
{
	const unsigned int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	const size_t room = sodium_base64_ENCODED_LEN(n, variant);
	char *text = arena_alloc(a, room);

	sodium_bin2base64(text, room, bytes, n, (int)variant);
	return str_from(text);
}

static struct str mac_of(struct arena *a, struct str input)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES] = { 0 };

	crypto_auth_hmacsha256(mac, (const unsigned char *)input.p, input.n,
			       (const unsigned char *)SECRET);
	return base64url(a, mac, sizeof mac);
}

static struct str sign(struct arena *a, struct str header, struct str payload)
{
	struct str input = arena_printf(a, "%s.%s", base64url(a, header.p, header.n).p,
					base64url(a, payload.p, payload.n).p);

	return arena_printf(a, "%s.%s", input.p, mac_of(a, input).p);
}

static void accepted(const struct token_keys *keys, struct str token, struct instant now,
		     const struct token_claims *claims, struct arena *a)
{
	const char *dot = memrchr(token.p, '.', token.n);
	struct str input = { token.p, (size_t)(dot - token.p) };
	struct token_claims again = { 0 };
	struct str made = { 0 };
	jwt_t *jwt = NULL;

	must(str_eq(str_from_at(token, input.n + 1), mac_of(a, input)));
	must(jwt_decode(&jwt, arena_dup(a, token).p, (const unsigned char *)SECRET,
			sizeof SECRET - 1) == 0);
	must(jwt_get_alg(jwt) == JWT_ALG_HS256);
	jwt_free(jwt);
	must(claims->expires > NOW && claims->issued <= NOW + 60);
	must(token_sign(keys->v, keys->issuer, claims, a, &made) == OK);
	must(token_verify(keys, made, now, a, &again) == OK);
	must(str_eq(claims->subject, again.subject) && str_eq(claims->email, again.email) &&
	     str_eq(claims->role, again.role) && str_eq(claims->id, again.id) &&
	     str_eq(claims->session, again.session) && claims->version == again.version &&
	     claims->issued == again.issued && claims->expires == again.expires);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct token_key key = { .secret = { SECRET, sizeof SECRET - 1 } };
	static const struct token_keys keys = { &key, 1, { "postern", 7 } };
	static struct token_key public = { .algorithm = TOKEN_ES256, .kid = { "k1", 2 } };
	static const struct token_keys publics = { &public, 1, { "postern", 7 } };
	const struct instant now = { NOW * (int64_t)1000000 };
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct str rest = { n > 0 ? (const char *)data : "", n }, token = { 0 };
	struct token_claims claims = { 0 };

	if (public.read == NULL)
	public.read = signature_key(STR(PUBLIC));
	must(public.read != NULL);
	if (a == NULL || n > 2 * TOKEN_MAX) {
		arena_free(a);
		return 0;
	}
	str_split(&rest, '\n', &token);
	if (rest.p != NULL)
		token = sign(a, token, rest);
	if (token_verify(&keys, token, now, a, &claims) == OK)
		accepted(&keys, token, now, &claims, a);
	must(token_verify(&publics, token, now, a, &claims) == ERR_TOKEN_INVALID);
	arena_free(a);
	return 0;
}
