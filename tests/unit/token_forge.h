/* SPDX-License-Identifier: MIT */
/* Access tokens as anybody could make them, by libsodium: libjwt does not judge itself. */
#pragma once

#include "cred/token.h"

#include <sodium.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SECRET "0123456789abcdef0123456789abcdef"
#define TYP "\"typ\":\"JWT\""
#define HEADER "{\"alg\":\"HS256\"," TYP "}"
#define ISS "\"iss\":\"postern\","
#define SUB "\"sub\":\"u1\","
#define EMAIL "\"email\":\"a@example.org\","
#define ROLE "\"role\":\"user\","
#define SID "\"sid\":\"s1\","
#define VER "\"ver\":3,"
#define JTI "\"jti\":\"t1\""
#define SESSION SID VER
#define WHO ISS SUB EMAIL ROLE SESSION JTI
#define TIMES "\"iat\":1000000000,\"exp\":1000003600"
#define PAYLOAD "{" WHO "," TIMES "}"

enum { NOW = 1000000100 };

/* How a forged token is signed. */
enum mac { HS256, HS512, NO_MAC, CUT_MAC, OTHER_KEY };

static const struct token_key key = { .secret = { SECRET, sizeof SECRET - 1 } };
static const struct token_keys keys = { &key, 1, { "postern", 7 } };
static const struct instant now = { NOW * (int64_t)1000000 };

static int arena_setup(void **state)
{
	*state = arena_make(16 << 20, NULL, NULL);
	return *state == NULL;
}

static int arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct str base64url(struct arena *a, struct str bytes)
{
	const unsigned int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	const size_t room = sodium_base64_ENCODED_LEN(bytes.n, variant);
	char *text = arena_alloc(a, room);

	sodium_bin2base64(text, room, (const unsigned char *)bytes.p, bytes.n, (int)variant);
	return str_from(text);
}

static struct str mac_of(struct arena *a, struct str input, enum mac mac)
{
	static const unsigned char other[] = "fedcba9876543210fedcba9876543210";
	const unsigned char *secret = mac == OTHER_KEY ? other : (const unsigned char *)SECRET;
	unsigned char out[crypto_auth_hmacsha512_BYTES] = { 0 };
	const unsigned char *text = (const unsigned char *)input.p;

	switch (mac) {
	case NO_MAC:
		return STR("");
	case HS512:
		crypto_auth_hmacsha512(out, text, input.n, secret);
		return base64url(a, (struct str){ (char *)out, crypto_auth_hmacsha512_BYTES });
	case CUT_MAC:
		crypto_auth_hmacsha256(out, text, input.n, secret);
		return base64url(a, (struct str){ (char *)out, 16 });
	case HS256:
	case OTHER_KEY:
		break;
	}
	crypto_auth_hmacsha256(out, text, input.n, secret);
	return base64url(a, (struct str){ (char *)out, crypto_auth_hmacsha256_BYTES });
}

static struct str forge(struct arena *a, struct str header, struct str payload, enum mac mac)
{
	struct str input = arena_printf(a, "%s.%s", base64url(a, header).p,
					base64url(a, payload).p);

	return arena_printf(a, "%s.%s", input.p, mac_of(a, input, mac).p);
}
