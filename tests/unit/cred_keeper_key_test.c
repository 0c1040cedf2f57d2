/* SPDX-License-Identifier: MIT */
/* What keepers make with their secrets: MACs, tokens, keys. */
#include "cred/signature.h"
#include "keeper_world.h"

static void asks_for_mac(void *arg)
{
	struct asking *a = arg;

	a->result = keeper_mac(world.keeper, a->purpose, a->message, a->arena, &a->mac);
	a->ended = true;
}

static void asks_to_sign(void *arg)
{
	struct asking *a = arg;
	struct token_claims claims = { .subject = STR("somebody"),
				       .email = STR("a@example.org"),
				       .role = STR("user"),
				       .id = STR("one"),
				       .session = STR("two"),
				       .version = 7,
				       .issued = instant_now().us / 1000000,
				       .expires = instant_now().us / 1000000 + 600 };

	a->result = keeper_sign(world.keeper, &a->key, &claims, NULL, 0, a->arena, &a->token);
	a->ended = true;
}

static struct str mac_for(struct asking *a, const char *purpose, struct str message)
{
	a->purpose = purpose;
	a->message = message;
	task_start(asks_for_mac, a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a->result, OK);
	assert_int_equal(a->mac.n, KEEPER_MAC);
	return a->mac;
}

/* The same for the same, and another for any other purpose, message or secret. */
static void test_mac(void **state)
{
	struct asking a = make_asking();
	struct str first = mac_for(&a, "refresh", STR("one")), other[5];

	(void)state;
	assert_true(str_eq(first, mac_for(&a, "refresh", STR("one"))));
	other[0] = mac_for(&a, "refresh", STR("two"));
	other[1] = mac_for(&a, "code:reset", STR("one"));
	other[2] = mac_for(&a, "refreshone", STR(""));
	other[3] = mac_for(&a, "", STR("refreshone"));
	world.secrets.secret[31] ^= 1;
	other[4] = mac_for(&a, "refresh", STR("one"));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		assert_false(str_eq(first, other[i]));
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(other[i], other[k]));
	}
	arena_free(a.arena);
}

static void test_secret(void **state)
{
	const struct secret none = { 0 }, one = { "one", 3 }, two = { "two", 3 };
	uint8_t a[32], b[32];

	(void)state;
	keeper_secret(none, one, a);
	keeper_secret(none, two, b);
	assert_memory_not_equal(a, b, sizeof a);
	/* secret_key wins, so that jwt_secret can change without it. */
	keeper_secret(two, one, a);
	assert_memory_equal(a, b, sizeof a);
}

static void test_sign(void **state)
{
	struct asking a = make_asking();
	struct token_claims claims = { 0 };

	(void)state;
	task_start(asks_to_sign, &a);
	assert_int_equal(work(KEEPER_SLOW), 0);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a.result, OK);
	struct token_key key = { .secret = world.secrets.jwt_secret };
	struct token_keys keys = { &key, 1, world.secrets.issuer };

	assert_int_equal(token_verify(&keys, a.token, instant_now(), a.arena, &claims), OK);
	assert_string_equal(claims.subject.p, "somebody");
	assert_string_equal(claims.session.p, "two");
	assert_int_equal(claims.version, 7);
	arena_free(a.arena);
}

static void asks_for_key(void *arg)
{
	struct asking *a = arg;

	a->result = keeper_key(world.keeper, a->key.algorithm, a->arena, &a->pair);
	a->ended = true;
}

/* A keeper makes a key, and signs with what it gave away of it. */
static void test_key(void **state)
{
	static const enum token_algorithm algorithms[] = { TOKEN_ES256, TOKEN_RS256 };

	(void)state;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		struct asking a = make_asking();
		struct token_key key = { .algorithm = algorithms[i] };
		struct token_keys keys = { &key, 1, world.secrets.issuer };
		struct token_claims claims = { 0 };
		struct secret pem = { 0 };

		a.key.algorithm = algorithms[i];
		task_start(asks_for_key, &a);
		assert_int_equal(work(KEEPER_QUICK), 0);
		assert_int_equal(work(KEEPER_SLOW), 1);
		assert_int_equal(a.result, OK);
		assert_true(key_pair_open(a.pair.private, world.secrets.secret, a.arena, &pem));
		a.key.kid = key.kid = a.pair.kid;
		key.read = signature_key(a.pair.pem);
		a.key.private = a.pair.private;
		task_start(asks_to_sign, &a);
		assert_int_equal(work(KEEPER_QUICK), 1);
		assert_int_equal(a.result, OK);
		assert_int_equal(token_verify(&keys, a.token, instant_now(), a.arena, &claims), OK);
		assert_string_equal(claims.subject.p, "somebody");
		signature_key_free(key.read);
		arena_free(a.arena);
	}
}

static void asks_for_macs(void *arg)
{
	struct asking *a = arg;

	a->result = keeper_macs(world.keeper, a->purpose, a->message, a->arena, &a->macs);
	a->ended = true;
}

/* While one secret takes the place of another: the MACs of both, and keys of both are opened. */
static void test_two_secrets(void **state)
{
	struct asking a = make_asking();
	struct str before = mac_for(&a, "refresh", STR("one"));

	(void)state;
	a.key.algorithm = TOKEN_ES256;
	task_start(asks_for_key, &a);
	assert_int_equal(work(KEEPER_SLOW), 1);
	a.key.kid = a.pair.kid;
	a.key.private = a.pair.private;
	memcpy(world.secrets.previous, world.secrets.secret, KEY_SECRET);
	world.secrets.secret[0] ^= 1;
	task_start(asks_for_macs, &a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a.result, OK);
	assert_null(a.macs.previous.p);
	assert_false(opaque_mac_right(before, &a.macs));
	task_start(asks_to_sign, &a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a.result, ERR_INTERNAL);
	world.secrets.rotating = true;
	task_start(asks_for_macs, &a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_true(str_eq(before, a.macs.previous));
	assert_false(str_eq(before, a.macs.now));
	assert_true(str_eq(a.macs.now, mac_for(&a, "refresh", STR("one"))));
	task_start(asks_to_sign, &a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a.result, OK);
	arena_free(a.arena);
}

/* Nothing is signed without a key, with one of another house, or with jwt_secret where it is not in
 * use. */
static void test_no_key(void **state)
{
	struct asking a = make_asking();
	struct key_pair pair = { 0 };
	uint8_t other[KEY_SECRET] = { 1 };

	(void)state;
	assert_int_equal(key_pair_make(TOKEN_ES256, other, a.arena, &pair), OK);

	const struct keyring_signer bad[] = {
		{ TOKEN_ES256, pair.kid, pair.private },
		{ TOKEN_ES256, pair.kid, { NULL, 0 } },
		{ TOKEN_ES256, pair.kid, { "AAAA", 4 } },
		{ (enum token_algorithm)7, pair.kid, pair.private },
		{ TOKEN_HS256, { NULL, 0 }, { NULL, 0 } },
	};

	world.secrets.jwt_secret = (struct secret){ NULL, 0 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		a.key = bad[i];
		task_start(asks_to_sign, &a);
		assert_int_equal(work(KEEPER_QUICK), 1);
		assert_int_equal(a.result, ERR_INTERNAL);
	}
	/* There is no such thing as a new secret. */
	a.key.algorithm = TOKEN_HS256;
	task_start(asks_for_key, &a);
	assert_int_equal(work(KEEPER_SLOW), 1);
	assert_int_equal(a.result, ERR_INTERNAL);
	arena_free(a.arena);
}

static void no_room(void *ctx)
{
	(void)ctx;
	fail_msg("the arena is used up");
}

/* A header has room for some hundred tokens, and requests that bring them are many at once. */
static void test_macs_take_little_room(void **state)
{
	struct asking a = make_asking();

	(void)state;
	arena_free(a.arena);
	a.arena = arena_make((size_t)32 * 1024, no_room, NULL);
	for (int i = 0; i < 200; i++)
		(void)mac_for(&a, "refresh", STR("one"));
	arena_free(a.arena);
}

static void asks_to_judge(void *arg)
{
	struct asking *a = arg;
	struct keeper_password p = { .password = { a->message.p, a->message.n },
				     .words = a->words };

	a->result = keeper_hash(world.keeper, &p, a->arena, &a->hash, &a->weak);
	a->ended = true;
}

static void test_weak_password(void **state)
{
	static const struct {
		struct str password, words;
		bool weak;
	} rows[] = {
		{ { "password1", 9 }, { NULL, 0 }, false }, /* nobody asked */
		{ { "password1", 9 }, { "", 0 }, true },
		{ { "marguerite", 10 }, { "postern\nmarguerite\n", 19 }, true },
		{ { "a long password", 15 }, { "postern\n", 8 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct asking a = make_asking();

		a.message = rows[i].password;
		a.words = rows[i].words;
		task_start(asks_to_judge, &a);
		assert_int_equal(work(KEEPER_SLOW), 1);
		assert_int_equal(a.result, OK);
		assert_int_equal(a.weak, rows[i].weak);
		assert_int_equal(a.hash.n > 0, !rows[i].weak);
		arena_free(a.arena);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_mac),	 T(test_secret),
					    T(test_sign),	 T(test_key),
					    T(test_no_key),	 T(test_weak_password),
					    T(test_two_secrets), T(test_macs_take_little_room) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
