/* SPDX-License-Identifier: MIT */
/* Key pairs, and tokens that are signed with them: the key decides, whatever a token says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cred/base64url.h"
#include "cred/key_pair.h"
#include "cred/signature.h"
#include "token_forge.h"

static const uint8_t sealing[KEY_SECRET] = { 1, 2, 3 };

static const struct token_claims somebody = { .subject = { "u1", 2 },
					      .email = { "a@example.org", 13 },
					      .role = { "user", 4 },
					      .id = { "t1", 2 },
					      .session = { "s1", 2 },
					      .version = 3,
					      .issued = NOW,
					      .expires = NOW + 60 };

static void key_free(void *read)
{
	signature_key_free(read);
}

/* A pair, opened, as a key that can do both. */
static struct token_key make_key(struct arena *a, enum token_algorithm algorithm)
{
	struct token_key made = { .algorithm = algorithm };
	struct key_pair pair = { 0 };

	assert_int_equal(key_pair_make(algorithm, sealing, a, &pair), OK);
	assert_true(key_pair_open(pair.private, sealing, a, &made.secret));
	made.kid = pair.kid;
	made.pem = pair.pem;
	made.read = signature_key(pair.pem);
	assert_non_null(made.read);
	arena_defer(a, key_free, made.read);
	return made;
}

static void pairs(void **state)
{
	struct arena *a = *state;

	/* Leading zeros of a coordinate come once in 128 keys. */
	for (int i = 0; i < 300; i++) {
		struct key_pair pair = { 0 };
		json_t *jwk = NULL;

		assert_int_equal(key_pair_make(TOKEN_ES256, sealing, a, &pair), OK);
		jwk = json_loadb(pair.jwk.p, pair.jwk.n, JSON_REJECT_DUPLICATES, NULL);
		assert_int_equal(json_object_size(jwk), 7);
		assert_int_equal(json_string_length(json_object_get(jwk, "x")), 43);
		assert_int_equal(json_string_length(json_object_get(jwk, "y")), 43);
		assert_string_equal(json_string_value(json_object_get(jwk, "alg")), "ES256");
		assert_string_equal(json_string_value(json_object_get(jwk, "use")), "sig");
		assert_string_equal(json_string_value(json_object_get(jwk, "kid")), pair.kid.p);
		assert_int_equal(pair.kid.n, 43);
		json_decref(jwk);
	}
}

static void sealing_keys(void **state)
{
	struct arena *a = *state;
	struct key_pair pair = { 0 }, again = { 0 };
	struct secret pem = { 0 };
	uint8_t other[KEY_SECRET] = { 1, 2, 4 };

	assert_int_equal(key_pair_make(TOKEN_ES256, sealing, a, &pair), OK);
	assert_int_equal(key_pair_make(TOKEN_ES256, sealing, a, &again), OK);
	assert_false(str_eq(pair.kid, again.kid));
	assert_int_not_equal(memcmp(pair.private.p, again.private.p, 32), 0); /* nonce */
	assert_true(key_pair_open(pair.private, sealing, a, &pem));
	assert_int_equal(strncmp(pem.p, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
	assert_null(strstr(pair.private.p, "PRIVATE"));
	assert_int_equal(strncmp(pair.pem.p, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
	assert_false(key_pair_open(pair.private, other, a, &pem));

	char *text = arena_alloc(a, pair.private.n + 1);

	for (size_t n = 0; n < pair.private.n; n++)
		assert_false(key_pair_open((struct secret){ pair.private.p, n }, sealing, a, &pem));
	for (size_t i = 0; i < pair.private.n; i++) {
		memcpy(text, pair.private.p, pair.private.n);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_false(
			key_pair_open((struct secret){ text, pair.private.n }, sealing, a, &pem));
	}
	assert_false(key_pair_open((struct secret){ NULL, 0 }, sealing, a, &pem));
	assert_int_equal(key_pair_make(TOKEN_HS256, sealing, a, &pair), ERR_INTERNAL);
}

/* RFC 7515, appendix A.3. */
static void known_answer(void **state)
{
	const struct str input = STR("eyJhbGciOiJFUzI1NiJ9."
				     "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
				     "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
	const struct str text = STR(
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
		"pmWQxfKTUJqPP3-Kg6NU1Q");
	struct token_key good = { .algorithm = TOKEN_ES256 };
	struct token_key other = { .algorithm = TOKEN_RS256 };

	good.read = other.read = signature_key(
		STR("-----BEGIN PUBLIC KEY-----\n"
		    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
		    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
		    "-----END PUBLIC KEY-----\n"));
	struct str signature = { 0 };
	char bad[64];

	assert_true(base64url_read(text, *state, &signature));
	assert_true(signature_right(&good, input, signature));
	assert_false(signature_right(&other, input, signature));
	assert_false(signature_right(&good, str_from_at(input, 1), signature));
	for (size_t i = 0; i < sizeof bad; i++) {
		memcpy(bad, signature.p, sizeof bad);
		bad[i] ^= 1;
		assert_false(signature_right(&good, input, (struct str){ bad, 64 }));
	}
	/* Numbers that are no part of any signature, CVE-2022-21449 among them. */
	memset(bad, 0, sizeof bad);
	assert_false(signature_right(&good, input, (struct str){ bad, 64 }));
	memset(bad, 0xff, sizeof bad);
	assert_false(signature_right(&good, input, (struct str){ bad, 64 }));
	for (size_t n = 0; n < 64; n++)
		assert_false(signature_right(&good, input, (struct str){ signature.p, n }));
	signature_key_free(good.read);
	good.read = NULL;
	assert_false(signature_right(&good, input, signature));
	assert_null(signature_key(STR("no key")));
}

static void names(void **state)
{
	enum token_algorithm algorithm = TOKEN_HS256;

	(void)state;
	assert_true(token_algorithm_find(STR("RS256"), &algorithm));
	assert_int_equal(algorithm, TOKEN_RS256);
	assert_true(str_eq(token_algorithm_name(TOKEN_ES256), STR("ES256")));
	assert_false(token_algorithm_find(STR("es256"), &algorithm));
	assert_false(token_algorithm_find(STR("none"), &algorithm));
	assert_false(token_algorithm_find((struct str){ 0 }, &algorithm));
}

static struct str sign(struct arena *a, const struct token_key *by)
{
	struct str token = { 0 };

	assert_int_equal(token_sign(by, STR("postern"), &somebody, a, &token), OK);
	return token;
}

static void by_kid(void **state)
{
	struct arena *a = *state;
	struct token_key ours[] = { make_key(a, TOKEN_ES256), make_key(a, TOKEN_ES256),
				    make_key(a, TOKEN_RS256) };
	struct token_key stranger = make_key(a, TOKEN_ES256);
	struct token_claims claims = { 0 };

	for (size_t n = 0; n <= COUNT(ours); n++) {
		struct token_keys known = { ours, n, STR("postern") };

		for (size_t i = 0; i < COUNT(ours); i++)
			assert_int_equal(token_verify(&known, sign(a, &ours[i]), now, a, &claims),
					 i < n ? OK : ERR_TOKEN_INVALID);
		assert_int_equal(token_verify(&known, sign(a, &stranger), now, a, &claims),
				 ERR_TOKEN_INVALID);
		assert_int_equal(token_verify(&known, sign(a, &key), now, a, &claims),
				 ERR_TOKEN_INVALID);
	}
	/* The other way round neither. */
	assert_int_equal(token_verify(&keys, sign(a, &ours[0]), now, a, &claims),
			 ERR_TOKEN_INVALID);
}

/* Tokens that claim to be by one key and are by another. */
static void confusion(void **state)
{
	struct arena *a = *state;
	struct token_key ec = make_key(a, TOKEN_ES256), rsa = make_key(a, TOKEN_RS256);
	struct token_key both[] = { ec, rsa }, lies[9];
	struct token_keys known = { both, COUNT(both), STR("postern") };
	struct token_claims claims = { 0 };
	size_t n = 0;

	lies[n++] = (struct token_key){ TOKEN_ES256, rsa.kid, ec.secret, { 0 }, NULL, { 0 } };
	lies[n++] = (struct token_key){ TOKEN_RS256, ec.kid, rsa.secret, { 0 }, NULL, { 0 } };
	for (size_t i = 0; i < COUNT(both); i++) {
		struct secret pem = { both[i].pem.p, both[i].pem.n };

		/* HS256 by the public key, as published and without the line break at its end. */
		lies[n++] = (struct token_key){ TOKEN_HS256, both[i].kid, pem, { 0 }, NULL, { 0 } };
		pem.n--;
		lies[n++] = (struct token_key){ TOKEN_HS256, both[i].kid, pem, { 0 }, NULL, { 0 } };
		lies[n++] = (struct token_key){ TOKEN_HS256, { NULL, 0 }, pem, { 0 }, NULL, { 0 } };
	}
	lies[n++] = (struct token_key){ TOKEN_ES256, { "", 0 }, ec.secret, { 0 }, NULL, { 0 } };
	assert_int_equal(n, COUNT(lies));
	for (size_t i = 0; i < COUNT(lies); i++) {
		struct str lie = sign(a, &lies[i]);

		if (token_verify(&known, lie, now, a, &claims) != ERR_TOKEN_INVALID)
			fail_msg("lie %zu", i);
	}
	for (size_t i = 0; i < COUNT(both); i++)
		assert_int_equal(token_verify(&known, sign(a, &both[i]), now, a, &claims), OK);
}

/* Headers that name our key, over signatures that are not its own. */
static void headers(void **state)
{
	struct arena *a = *state;
	struct token_key ec = make_key(a, TOKEN_ES256);
	struct token_keys known = { &ec, 1, STR("postern") };
	struct token_claims claims = { 0 };
	static const char *const rows[] = {
		"{\"alg\":\"ES256\"," TYP ",\"kid\":\"%s\"}",
		"{\"alg\":\"HS256\"," TYP ",\"kid\":\"%s\"}",
		"{\"alg\":\"HS512\"," TYP ",\"kid\":\"%s\"}",
		"{\"alg\":\"none\"," TYP ",\"kid\":\"%s\"}",
		"{\"alg\":\"ES512\"," TYP ",\"kid\":\"%s\"}",
		"{" TYP ",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\"," TYP ",\"kid\":[\"%s\"]}",
		"{\"alg\":\"ES256\"," TYP ",\"kid\":\"%s\",\"kid\":\"x\"}",
	};
	static const enum mac macs[] = { HS256, HS512, NO_MAC, CUT_MAC };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(macs); k++) {
			char text[256];

			snprintf(text, sizeof text, rows[i], ec.kid.p);
			assert_int_equal(
				token_verify(&known,
					     forge(a, str_from(text), STR(PAYLOAD), macs[k]), now,
					     a, &claims),
				ERR_TOKEN_INVALID);
		}
}

/* Every damage to a good token, and a signature that is as long as it may be. */
static void damaged(void **state)
{
	struct arena *a = *state;
	struct token_key ec = make_key(a, TOKEN_ES256);
	struct token_keys known = { &ec, 1, STR("postern") };
	struct token_claims claims = { 0 };
	struct str good = sign(a, &ec);
	char *text = arena_alloc(a, good.n + 8);

	for (size_t n = 0; n < good.n; n++)
		assert_int_equal(token_verify(&known, (struct str){ good.p, n }, now, a, &claims),
				 ERR_TOKEN_INVALID);
	for (size_t i = 0; i < good.n; i++) {
		memcpy(text, good.p, good.n);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_equal(
			token_verify(&known, (struct str){ text, good.n }, now, a, &claims),
			ERR_TOKEN_INVALID);
	}
	memcpy(text, good.p, good.n);
	memcpy(text + good.n, "AAAA", 4);
	assert_int_equal(token_verify(&known, (struct str){ text, good.n + 4 }, now, a, &claims),
			 ERR_TOKEN_INVALID);
	assert_int_equal(token_verify(&known, good, now, a, &claims), OK);
	assert_int_equal(claims.version, 3);
	known.issuer = STR("poster");
	assert_int_equal(token_verify(&known, good, now, a, &claims), ERR_TOKEN_INVALID);
}

#define T(name) cmocka_unit_test_setup_teardown(name, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pairs),  T(sealing_keys), T(known_answer), T(names),
		T(by_kid), T(confusion),    T(headers),	     T(damaged)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
