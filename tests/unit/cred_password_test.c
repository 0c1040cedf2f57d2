/* SPDX-License-Identifier: MIT */
/* Passwords: what fits, what does not, and what is refused before it costs anything. */
#include "cred/password.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SECRET(literal) ((struct secret){ "" literal, sizeof(literal) - 1 })
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The least that libsodium takes: these tests are about rules, not about strength. */
static const struct password_cost cheap = { .memory_kib = 8, .passes = 1 };

static struct secret filled(char *text, size_t n, const char *unit)
{
	const size_t step = strlen(unit);

	for (size_t i = 0; i < n; i++)
		text[i] = unit[i % step];
	return (struct secret){ text, n };
}

static int64_t cpu_us(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fits_only_itself(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct secret set, tried;
		bool fits;
	} rows[] = {
		{ "the same", SECRET("correct horse"), SECRET("correct horse"), true },
		{ "another", SECRET("correct horse"), SECRET("correct horsf"), false },
		{ "case", SECRET("correct horse"), SECRET("Correct horse"), false },
		{ "shorter", SECRET("correct horse"), SECRET("correct hors"), false },
		{ "longer", SECRET("correct horse"), SECRET("correct horse "), false },
		{ "empty", SECRET("correct horse"), SECRET(""), false },
		{ "none", SECRET("correct horse"), { NULL, 0 }, false },
		{ "NFC and NFD", SECRET("Zo\u00eb \u1ec7\uac01"),
		  SECRET("Zoe\u0308 e\u0323\u0302\u1100\u1161\u11a8"), true },
		{ "marks in another order", SECRET("a\u0301\u0323bcdefg"),
		  SECRET("a\u0323\u0301bcdefg"), true },
		{ "any space", SECRET("correct\u00a0horse\u3000x"), SECRET("correct horse x"),
		  true },
		{ "any space, tried", SECRET("correct horse x"),
		  SECRET("correct\u2003horse\u202fx"), true },
		{ "another number of spaces", SECRET("correct horse"),
		  SECRET("correct\u00a0\u00a0horse"), false },
		{ "no space but drawn as none", SECRET("correct horse"),
		  SECRET("correct\u200bhorse"), false },
		{ "a tab is none", SECRET("correct horse"), SECRET("correct\thorse"), false },
		{ "no accent", SECRET("Zo\u00eb12345"), SECRET("Zoe12345"), false },
		{ "compatibility forms differ", SECRET("\ufb01ve apples"), SECRET("five apples"),
		  false },
		{ "emoji", SECRET("\U0001f434\U0001f50b\U0001f469\u200d\U0001f680"),
		  SECRET("\U0001f434\U0001f50b\U0001f469\u200d\U0001f680"), true },
		{ "another emoji", SECRET("\U0001f434\U0001f50b"), SECRET("\U0001f434\U0001f50c"),
		  false },
		{ "behind a NUL", SECRET("before\0one"), SECRET("before\0two"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char hash[PASSWORD_HASH] = "";

		print_message("  %s\n", rows[i].name);
		assert_true(password_hash(rows[i].set, cheap, hash));
		assert_int_equal(password_verify(rows[i].tried, str_from(hash)), rows[i].fits);
	}
}

/* Hashed in NFC alone, before spaces were mapped. */
static void fits_as_it_was_hashed_before(void **state)
{
	static const struct secret password = SECRET("correct\u00a0horse\u3000x");
	char hash[PASSWORD_HASH] = "";

	(void)state;
	assert_int_equal(crypto_pwhash_str_alg(hash, password.p, password.n, 1, 8192,
					       crypto_pwhash_ALG_ARGON2ID13),
			 0);
	assert_true(password_verify(password, str_from(hash)));
	assert_false(password_verify(SECRET("correct horse x"), str_from(hash)));
}

static void counts_what_is_hashed(void **state)
{
	static const struct {
		struct secret password;
		size_t chars;
	} rows[] = {
		{ SECRET(""), 0 },
		{ SECRET("f\u00f6n\u3000x"), 5 },
		{ SECRET("fo\u0308n x"), 5 },
		{ SECRET("\u1100\u1161\u11a8"), 1 },
		{ SECRET("\u0958"), 2 }, /* NFC takes it apart */
	};
	size_t chars = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(password_chars(rows[i].password, &chars));
		assert_int_equal(chars, rows[i].chars);
	}
	assert_false(password_chars(SECRET("latin-1 \xe9"), &chars));
	assert_false(password_chars((struct secret){ NULL, 0 }, &chars));
	assert_int_equal(chars, 2);
}

static void every_byte_counts(void **state)
{
	(void)state;
	char text[PASSWORD_BYTES_MAX] = "", hash[PASSWORD_HASH] = "";
	struct secret password = filled(text, sizeof text, "abcdefg");

	assert_true(password_hash(password, cheap, hash));
	assert_true(password_verify(password, str_from(hash)));
	/* bcrypt stops at 72. */
	for (size_t i = 71; i < sizeof text; i += 119) {
		text[i] ^= 1;
		assert_false(password_verify(password, str_from(hash)));
		text[i] ^= 1;
	}
}

static void length_and_encoding(void **state)
{
	(void)state;
	char text[PASSWORD_BYTES_MAX + 8] = "", hash[PASSWORD_HASH] = "", kept[PASSWORD_HASH] = "";
	/* The worst growth under NFC: four bytes become twelve. */
	static const char *const units[] = { "a", "\U0001f434", "\U0001d160",
					     "a\u0301\u0323\u0328" };
	static const struct secret malformed[] = {
		SECRET("overlong \xc0\xaf"),	    SECRET("surrogate \xed\xa0\x80"),
		SECRET("cut off \xf0\x9f\x90"),	    SECRET("latin-1 \xe9"),
		SECRET("too far \xf4\x90\x80\x80"),
	};

	for (size_t i = 0; i < COUNT(units); i++) {
		const size_t whole = PASSWORD_BYTES_MAX / strlen(units[i]) * strlen(units[i]);

		assert_true(password_hash(filled(text, whole, units[i]), cheap, hash));
		assert_true(password_verify(filled(text, whole, units[i]), str_from(hash)));
	}
	assert_true(password_hash(filled(text, PASSWORD_BYTES_MAX, "a"), cheap, kept));
	assert_false(password_hash(filled(text, PASSWORD_BYTES_MAX + 1, "a"), cheap, hash));
	assert_false(password_verify(filled(text, PASSWORD_BYTES_MAX + 1, "a"), str_from(kept)));
	assert_false(password_hash((struct secret){ NULL, 0 }, cheap, hash));
	for (size_t i = 0; i < COUNT(malformed); i++) {
		assert_false(password_hash(malformed[i], cheap, hash));
		assert_false(password_verify(malformed[i], str_from(kept)));
	}
}

static void looks_as_stored(void **state)
{
	(void)state;
	char one[PASSWORD_HASH] = "", two[PASSWORD_HASH] = "";
	const struct password_cost owasp = { .memory_kib = 19456, .passes = 2 };
	const char *begin = "$argon2id$v=19$m=19456,t=2,p=1$";

	assert_true(password_hash(SECRET("correct horse"), owasp, one));
	assert_true(password_hash(SECRET("correct horse"), owasp, two));
	assert_memory_equal(one, begin, strlen(begin));
	assert_string_not_equal(one, two);
	assert_true(password_verify(SECRET("correct horse"), str_from(one)));
	assert_false(password_outdated(str_from(one), owasp));
	/* Nothing that needs memory beyond reason is tried. */
	assert_false(password_hash(SECRET("correct horse"),
				   (struct password_cost){ .memory_kib = 1, .passes = 1 }, one));
}

/* From the reference implementation's own tests (phc-winner-argon2, src/test.c). */
static void known_answers(void **state)
{
	(void)state;
	static const struct {
		struct str hash;
		bool fits;
	} rows[] = {
		{ STR("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
		      "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
		  true },
		{ STR("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
		      "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"),
		  true },
		{ STR("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
		      "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDA"),
		  false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(password_verify(SECRET("password"), rows[i].hash), rows[i].fits);
}

static void refused_uncomputed(void **state)
{
	(void)state;
	static const struct str rows[] = {
		STR("$argon2id$v=19$m=262145,t=1,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=4194304,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=262144,t=11,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=262144,t=4294967297,p=1$c29tc2FsdHM$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=262144,t=9,p=17$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=0262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=16$m=262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2i$v=19$m=262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2d$v=19$m=262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$m=262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$t=9,m=262144,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=262144,t=9$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=-1,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=0,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=1,p=1,x=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=1,p=1$$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=1,p=1$c29tc2FsdHNvbWVzYWx0$"),
		STR("$argon2id$v=19$m=8,t=1,p=1$c29tc2FsdHNvbWVzYWx0"),
		STR("$argon2id$v=19$m=8,t=1,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA$"),
		STR("argon2id$v=19$m=8,t=1,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5vcA"),
		STR("$argon2id$v=19$m=8,t=1,p=1$c29tc2FsdHNvbWVzYWx0$YWJjZGVmZ2hpamtsbW5v\0cA"),
		STR("$2b$12$abcdefghijklmnopqrstuuO9rYx3nq6Bl5cUyE0h2zv1x5nq6Bl5c"),
		STR("$"),
		STR("$$$$$"),
		STR(""),
		STR("*"),
		{ NULL, 0 },
	};
	const int64_t start = cpu_us();

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(password_verify(SECRET("password"), rows[i]));
		assert_true(password_outdated(rows[i], cheap));
	}
	/* A single one of the greater ones takes more than a second. */
	assert_true(cpu_us() - start < 100000);
}

static void too_long_a_hash(void **state)
{
	(void)state;
	char text[4 * PASSWORD_HASH] = "";
	const char *begin = "$argon2id$v=19$m=262144,t=9,p=1$c29tc2FsdHNvbWVzYWx0$";
	const int64_t start = cpu_us();

	filled(text, sizeof text, "A");
	memcpy(text, begin, strlen(begin));
	for (size_t n = PASSWORD_HASH; n <= sizeof text; n += 7)
		assert_false(password_verify(SECRET("password"), (struct str){ text, n }));
	assert_true(cpu_us() - start < 100000);
}

/* It would fit: libsodium verifies argon2i by the same function. */
static void argon2i_is_no_longer_taken(void **state)
{
	(void)state;
	char hash[crypto_pwhash_STRBYTES] = "";

	assert_int_equal(
		crypto_pwhash_str_alg(hash, "password", 8, 3, 8192, crypto_pwhash_ALG_ARGON2I13),
		0);
	assert_int_equal(crypto_pwhash_str_verify(hash, "password", 8), 0);
	assert_false(password_verify(SECRET("password"), str_from(hash)));
	assert_true(password_outdated(str_from(hash),
				      (struct password_cost){ .memory_kib = 8, .passes = 3 }));
}

static void outdated(void **state)
{
	(void)state;
	const struct str hash = STR("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
				    "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
	const struct str lanes = STR("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
				     "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc");
	static const struct {
		struct password_cost cost;
		bool outdated;
	} rows[] = {
		{ { .memory_kib = 256, .passes = 2 }, false },
		{ { .memory_kib = 512, .passes = 2 }, true },
		{ { .memory_kib = 128, .passes = 2 }, true },
		{ { .memory_kib = 256, .passes = 3 }, true },
		{ { .memory_kib = 256, .passes = 1 }, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(password_outdated(hash, rows[i].cost), rows[i].outdated);
	assert_true(password_outdated(lanes, rows[0].cost));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_only_itself),
		cmocka_unit_test(fits_as_it_was_hashed_before),
		cmocka_unit_test(counts_what_is_hashed),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(length_and_encoding),
		cmocka_unit_test(looks_as_stored),
		cmocka_unit_test(known_answers),
		cmocka_unit_test(refused_uncomputed),
		cmocka_unit_test(too_long_a_hash),
		cmocka_unit_test(argon2i_is_no_longer_taken),
		cmocka_unit_test(outdated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
