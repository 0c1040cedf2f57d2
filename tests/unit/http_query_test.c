/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/query.h"

static int setup(void **state)
{
	*state = arena_make(1 << 20, NULL, NULL);
	return *state == NULL;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void decodes(void **state)
{
	static const struct {
		struct str raw;
		const char *plain, *plus;
	} rows[] = {
		{ { 0 }, "", "" },
		{ STR(""), "", "" },
		{ STR("abc"), "abc", "abc" },
		{ STR("a+b"), "a+b", "a b" },
		{ STR("a%2Bb"), "a+b", "a+b" },
		{ STR("%41%7a%7A"), "Azz", "Azz" },
		{ STR("%25%32%35"), "%25", "%25" },
		{ STR("%c3%A9\xc3\xa9"), "\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9" },
		{ STR("%F0%9F%92%A9"), "\xf0\x9f\x92\xa9", "\xf0\x9f\x92\xa9" },
		{ STR("%0a"), "\n", "\n" },
		{ STR("%"), NULL, NULL },
		{ STR("%4"), NULL, NULL },
		{ STR("a%4"), NULL, NULL },
		{ STR("%g1"), NULL, NULL },
		{ STR("%1g"), NULL, NULL },
		{ STR("%+1"), NULL, NULL },
		{ STR("%%41"), NULL, NULL },
		{ STR("%00"), NULL, NULL },
		{ STR("a\0b"), NULL, NULL },
		{ STR("%c3"), NULL, NULL },
		{ STR("\xc3"), NULL, NULL },
		{ STR("%ff"), NULL, NULL },
		{ STR("%ed%a0%80"), NULL, NULL },
		{ STR("%c0%80"), NULL, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int plus = 0; plus < 2; plus++) {
			const char *wanted = plus ? rows[i].plus : rows[i].plain;
			struct str out = { 0 };

			assert_int_equal(percent_decode(rows[i].raw, plus, *state, &out),
					 wanted != NULL);
			if (wanted == NULL)
				continue;
			assert_int_equal(out.n, strlen(wanted));
			assert_string_equal(out.p, wanted);
		}
}

static void moves_through_pairs(void **state)
{
	static const struct {
		const char *query, *pairs[8];
	} rows[] = {
		{ NULL, { NULL } },
		{ "", { NULL } },
		{ "&&&", { NULL } },
		{ "a=1", { "a", "1" } },
		{ "a=1&b=2", { "a", "1", "b", "2" } },
		{ "&a=1&&b=2&", { "a", "1", "b", "2" } },
		{ "a", { "a", "" } },
		{ "a=", { "a", "" } },
		{ "=", { "", "" } },
		{ "=1", { "", "1" } },
		{ "a=1=2", { "a", "1=2" } },
		{ "a==", { "a", "=" } },
		{ "a=1;b=2", { "a", "1;b=2" } },
		{ "a=1&a=2&a", { "a", "1", "a", "2", "a", "" } },
		{ "a%26=%3d", { "a%26", "%3d" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str rest = str_from(rows[i].query), name = { 0 }, value = { 0 };
		size_t n = 0;

		while (query_next(&rest, &name, &value)) {
			assert_non_null(rows[i].pairs[n]);
			assert_true(str_eq(name, str_from(rows[i].pairs[n++])));
			assert_true(str_eq(value, str_from(rows[i].pairs[n++])));
			assert_non_null(name.p);
			assert_non_null(value.p);
		}
		assert_null(rows[i].pairs[n]);
		assert_false(query_next(&rest, &name, &value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decodes, setup, teardown),
		cmocka_unit_test(moves_through_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
