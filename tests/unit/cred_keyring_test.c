/* SPDX-License-Identifier: MIT */
/* The keys as a worker has them: which signs, which are published, what becomes of tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"
#include "cred/identity.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SECRET "0123456789abcdef0123456789abcdef"

enum { NOW = 1000000100, PAIRS = 3 };

static const uint8_t sealing[KEY_SECRET] = { 1 };

static struct {
	struct arena *arena;
	struct keyring *ring;
	struct identity_cache *cache;
	struct key_pair pairs[PAIRS];
} world;

static int make_world(void **state)
{
	struct keyring_options o = { .algorithm = TOKEN_ES256, .issuer = STR("postern") };

	(void)state;
	world.arena = arena_make(16 << 20, NULL, NULL);
	world.ring = keyring_make(&o);
	world.cache = identity_cache_make(64);
	for (size_t i = 0; i < PAIRS; i++)
		if (key_pair_make(TOKEN_ES256, sealing, world.arena, &world.pairs[i]) != OK)
			return -1;
	return world.ring == NULL || world.cache == NULL;
}

static int drop_world(void **state)
{
	(void)state;
	identity_cache_free(world.cache);
	keyring_free(world.ring);
	arena_free(world.arena);
	return 0;
}

static struct keyring_key row(size_t pair, const char *state, bool settled)
{
	return (struct keyring_key){ .kid = world.pairs[pair].kid,
				     .algorithm = STR("ES256"),
				     .active = strcmp(state, "active") == 0,
				     .next = strcmp(state, "next") == 0,
				     .pem = world.pairs[pair].pem,
				     .jwk = world.pairs[pair].jwk,
				     .private = world.pairs[pair].private,
				     .settled = settled };
}

static struct str token_by(size_t pair)
{
	char a[UUID_TEXT], b[UUID_TEXT], c[UUID_TEXT];
	struct token_claims claims = { .subject = uuid_format(uuid_v7(), a),
				       .email = STR("a@example.org"),
				       .role = STR("user"),
				       .id = uuid_format(uuid_v7(), b),
				       .session = uuid_format(uuid_v7(), c),
				       .issued = NOW,
				       .expires = NOW + 60 };
	struct token_key key = { .algorithm = TOKEN_ES256, .kid = world.pairs[pair].kid };
	struct str token = { 0 };

	assert_true(key_pair_open(world.pairs[pair].private, sealing, world.arena, &key.secret));
	assert_int_equal(token_sign(&key, STR("postern"), &claims, world.arena, &token), OK);
	return token;
}

static enum err who_at(struct str token, int64_t seconds)
{
	struct identity id = { 0 };
	struct instant at = { seconds * 1000000 };

	return identity_of(world.cache, world.ring, token, at, world.arena, &id);
}

static enum err who(struct str token)
{
	return who_at(token, NOW);
}

/* A clock that was wrong for a while must not leave tokens behind that are taken after all. */
static void a_clock_that_goes_back(void **state)
{
	struct keyring_key rows[] = { row(0, "active", true) };
	struct str token = token_by(0);

	(void)state;
	assert_true(keyring_replace(world.ring, rows, 1));
	assert_int_equal(who_at(token, NOW), OK);
	assert_int_equal(who_at(token, NOW - 60), OK);
	assert_int_equal(who_at(token, NOW - 61), ERR_TOKEN_INVALID);
	assert_int_equal(who_at(token, NOW + 59), OK);
	assert_int_equal(who_at(token, NOW + 60), ERR_TOKEN_EXPIRED);
}

static void before_the_first_reading(void **state)
{
	struct keyring_signer signer = { 0 };

	(void)state;
	assert_true(keyring_asymmetric(world.ring));
	assert_true(keyring_behind(world.ring));
	assert_int_equal(keyring_signer(world.ring, world.arena, &signer), ERR_DB_UNAVAILABLE);
	/* It may be good: nobody knows yet. */
	assert_int_equal(who(token_by(0)), ERR_DB_UNAVAILABLE);
	assert_true(keyring_replace(world.ring, NULL, 0));
	assert_false(keyring_behind(world.ring));
	assert_int_equal(who(token_by(0)), ERR_TOKEN_INVALID);
	assert_int_equal(keyring_signer(world.ring, world.arena, &signer), ERR_DB_UNAVAILABLE);
	assert_string_equal(keyring_jwks(world.ring).p, "{\"keys\":[]}");
}

/* In the order of signing_key_page: active, then those that were, then next. */
static void which_signs(void **state)
{
	static const struct {
		struct {
			const char *state;
			bool settled;
		} keys[PAIRS];
		int signs; /* -1: none */
	} rows[] = {
		{ { { "active", true } }, 0 },
		{ { { "active", false } }, 0 }, /* there is no other */
		{ { { "active", true }, { "retired", true } }, 0 },
		{ { { "active", false }, { "retired", true } }, 1 },
		{ { { "active", false }, { "retired", false }, { "retired", true } }, 1 },
		{ { { "active", false }, { "next", true } }, 0 },
		{ { { "active", false }, { "next", true }, { "retired", true } }, 2 },
		{ { { "next", true } }, -1 },
		{ { { "retired", true } }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keyring_key keys[PAIRS];
		struct keyring_signer signer = { 0 };
		size_t n = 0;

		for (; n < PAIRS && rows[i].keys[n].state != NULL; n++)
			keys[n] = row(n, rows[i].keys[n].state, rows[i].keys[n].settled);
		assert_true(keyring_replace(world.ring, keys, n));
		assert_int_equal(keyring_keys(world.ring)->n, n);

		enum err e = keyring_signer(world.ring, world.arena, &signer);

		assert_int_equal(e, rows[i].signs < 0 ? ERR_DB_UNAVAILABLE : OK);
		if (e == OK && !str_eq(signer.kid, world.pairs[rows[i].signs].kid))
			fail_msg("row %zu", i);
	}
}

static void other_algorithms(void **state)
{
	struct keyring_key keys[] = { row(0, "active", true), row(1, "active", true),
				      row(2, "next", true) };
	struct keyring_signer signer = { 0 };

	(void)state;
	/* What signs is of jwt.algorithm; what others sign is checked all the same. */
	keys[0].algorithm = STR("RS256");
	assert_true(keyring_replace(world.ring, keys, COUNT(keys)));
	assert_int_equal(keyring_signer(world.ring, world.arena, &signer), OK);
	assert_true(str_eq(signer.kid, keys[1].kid));
	assert_int_equal(keyring_keys(world.ring)->n, 3);
	assert_int_equal(who(token_by(1)), OK);
	assert_int_equal(who(token_by(0)), ERR_TOKEN_INVALID); /* it is ES256 */
	/* What makes no sense is left out. */
	keys[0].algorithm = STR("HS256");
	keys[1].kid = STR("");
	keys[2].pem = STR("");
	assert_true(keyring_replace(world.ring, keys, COUNT(keys)));
	assert_int_equal(keyring_keys(world.ring)->n, 0);
	assert_string_equal(keyring_jwks(world.ring).p, "{\"keys\":[]}");
}

static void too_many(void **state)
{
	static struct keyring_key keys[KEYRING_MAX + 5];

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		keys[i] = row(0, i == 0 ? "active" : "next", true);
		keys[i].kid = arena_printf(world.arena, "k%zu", i);
	}
	assert_true(keyring_replace(world.ring, keys, COUNT(keys)));
	assert_int_equal(keyring_keys(world.ring)->n, KEYRING_MAX);
}

static void jwks(void **state)
{
	struct keyring_key keys[] = { row(0, "active", true), row(1, "next", false) };

	(void)state;
	assert_true(keyring_replace(world.ring, keys, 2));

	struct str expected = arena_printf(world.arena, "{\"keys\":[%s,%s]}", keys[0].jwk.p,
					   keys[1].jwk.p);

	assert_string_equal(keyring_jwks(world.ring).p, expected.p);
}

/* Cached or not, a token is good as long as its key is there. */
static void a_key_goes(void **state)
{
	struct keyring_key keys[] = { row(0, "active", true), row(1, "retired", true) };
	struct str kept = token_by(0), gone = token_by(1);
	uint32_t generation = 0;

	(void)state;
	assert_true(keyring_replace(world.ring, keys, 2));
	generation = keyring_generation(world.ring);
	assert_int_equal(who(kept), OK);
	assert_int_equal(who(gone), OK);
	/* The same again, or one more: nobody is checked again. */
	assert_true(keyring_replace(world.ring, keys, 2));
	assert_int_equal(keyring_generation(world.ring), generation);
	assert_true(keyring_replace(world.ring, keys, 1));
	assert_int_not_equal(keyring_generation(world.ring), generation);
	assert_int_equal(who(kept), OK);
	assert_int_equal(who(gone), ERR_TOKEN_INVALID);
	generation = keyring_generation(world.ring);
	assert_true(keyring_replace(world.ring, keys, 2));
	assert_int_equal(keyring_generation(world.ring), generation);
	assert_int_equal(who(gone), OK);
	/* Another key under the same name is another key. */
	keys[1].pem = world.pairs[2].pem;
	assert_true(keyring_replace(world.ring, keys, 2));
	assert_int_equal(who(gone), ERR_TOKEN_INVALID);
	assert_int_equal(who(kept), OK);
}

static void with_a_secret(void **state)
{
	struct keyring_options o = { .secret = { SECRET, 32 }, .issuer = STR("postern") };
	struct keyring *ring = keyring_make(&o);
	struct keyring_signer signer = { 0 };

	(void)state;
	assert_non_null(ring);
	assert_false(keyring_asymmetric(ring));
	assert_false(keyring_behind(ring));
	assert_int_equal(keyring_keys(ring)->n, 1);
	assert_int_equal(keyring_signer(ring, world.arena, &signer), OK);
	assert_int_equal(signer.algorithm, TOKEN_HS256);
	assert_null(signer.kid.p);
	assert_null(signer.private.p);
	assert_string_equal(keyring_jwks(ring).p, "{\"keys\":[]}");
	keyring_free(ring);
	keyring_free(NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(before_the_first_reading),
		T(a_clock_that_goes_back),
		T(which_signs),
		T(other_algorithms),
		T(too_many),
		T(jwks),
		T(a_key_goes),
		T(with_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
