/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include "text.h"

static void str_compares(void **state)
{
	static const struct {
		struct str a, b;
		bool eq, nocase, starts;
	} rows[] = {
		{ STR(""), STR(""), true, true, true },
		{ { 0 }, STR(""), true, true, true },
		{ { 0 }, { 0 }, true, true, true },
		{ STR("abc"), STR("abc"), true, true, true },
		{ STR("abc"), STR("ABC"), false, true, false },
		{ STR("abcd"), STR("abc"), false, false, true },
		{ STR("abc"), STR("abcd"), false, false, false },
		{ STR("a\0b"), STR("a\0b"), true, true, true },
		{ STR("a\0b"), STR("a\0c"), false, false, false },
		{ STR("a\0b"), STR("a\0B"), false, true, false },
		{ STR("@"), STR("`"), false, false, false },
		{ STR("["), STR("{"), false, false, false },
		{ STR("\xc3\x89"), STR("\xc3\xa9"), false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].eq);
		assert_int_equal(str_eq_nocase(rows[i].a, rows[i].b), rows[i].nocase);
		assert_int_equal(str_starts(rows[i].a, rows[i].b), rows[i].starts);
	}
	assert_str(str_from(NULL), NULL);
	assert_str(str_from("abc"), "abc");

	struct str both[] = { STR("abc"), STR("a\0c") };
	struct str_list list = { both, 2 };

	assert_true(str_in(STR("abc"), list));
	assert_true(str_in(STR("a\0c"), list));
	assert_false(str_in(STR("a"), list));
	assert_false(str_in(STR("ABC"), list));
	assert_false(str_in(STR("abc"), (struct str_list){ 0 }));
}

static void str_cuts(void **state)
{
	static const struct {
		const char *text, *parts[5];
	} rows[] = {
		{ NULL, { NULL } },	    { "", { "" } },	   { "a", { "a" } },
		{ "a,b", { "a", "b" } },    { "a,", { "a", "" } }, { ",", { "", "" } },
		{ ",,b", { "", "", "b" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str rest = str_from(rows[i].text), part = { 0 };
		size_t n = 0;

		while (str_split(&rest, ',', &part))
			assert_str(part, rows[i].parts[n++]);
		assert_null(rows[i].parts[n]);
	}
	assert_str(str_from_at(STR("abc"), 1), "bc");
	assert_str(str_from_at(STR("abc"), 4), "");
	assert_str(str_from_at((struct str){ 0 }, 1), NULL);
	assert_str(str_trim(STR(" \t a b\t")), "a b");
	assert_str(str_trim(STR(" \t ")), "");
	assert_str(str_trim((struct str){ 0 }), NULL);
}

static void str_reads_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "0", 0, 9, true, 0 },
		{ "-0", 0, 9, true, 0 },
		{ "007", 0, 9, true, 7 },
		{ "10", 0, 9, false, 0 },
		{ "-1", 0, 9, false, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
		{ "99999999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
		{ "", INT64_MIN, INT64_MAX, false, 0 },
		{ "-", INT64_MIN, INT64_MAX, false, 0 },
		{ "--1", INT64_MIN, INT64_MAX, false, 0 },
		{ "+1", INT64_MIN, INT64_MAX, false, 0 },
		{ " 1", INT64_MIN, INT64_MAX, false, 0 },
		{ "1 ", INT64_MIN, INT64_MAX, false, 0 },
		{ "0x1", INT64_MIN, INT64_MAX, false, 0 },
		{ NULL, INT64_MIN, INT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t v = 0;
		struct str s = str_from(rows[i].text);

		assert_int_equal(str_to_i64(s, rows[i].min, rows[i].max, &v), rows[i].ok);
		assert_true(v == rows[i].value);
	}
}

static void str_knows_utf8(void **state)
{
	static const struct {
		struct str text;
		bool ok;
		size_t chars;
	} rows[] = {
		{ { 0 }, true, 0 },
		{ STR(""), true, 0 },
		{ STR("abc"), true, 3 },
		{ STR("\xc2\x80 \xdf\xbf"), true, 3 },
		{ STR("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), true, 4 },
		{ STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true, 2 },
		{ STR("\x80"), false, 0 },
		{ STR("\xc0\xaf"), false, 0 },	       /* overlong "/" */
		{ STR("\xc1\xbf"), false, 0 },	       /* overlong */
		{ STR("\xe0\x9f\xbf"), false, 0 },     /* overlong */
		{ STR("\xf0\x8f\xbf\xbf"), false, 0 }, /* overlong */
		{ STR("\xed\xa0\x80"), false, 0 },     /* surrogate */
		{ STR("\xf4\x90\x80\x80"), false, 0 }, /* above U+10FFFF */
		{ STR("\xf5\x80\x80\x80"), false, 0 },
		{ STR("\xff"), false, 0 },
		{ STR("a\xc3"), false, 0 },
		{ STR("\xe2\x82"), false, 0 },
		{ STR("\xf0\x9f\x92"), false, 0 },
		{ STR("\xe2\x28\xa1"), false, 0 },
		{ STR("\xc3\xc3"), false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(str_utf8(rows[i].text), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(str_chars(rows[i].text), rows[i].chars);
	}
}

/* What deferred calls leave behind. */
struct trace {
	char text[16];
	size_t n;
	struct arena *again; /* where "d" defers once more */
};

static struct trace trace;

static void deferred(void *p)
{
	trace.text[trace.n++] = *(const char *)p;
	if (*(const char *)p == 'd')
		arena_defer(trace.again, deferred, "e");
}

static void arena_runs_deferred(void **state)
{
	struct arena *a = arena_make(4096, NULL, NULL);

	(void)state;
	trace = (struct trace){ .again = a };
	arena_defer(a, deferred, "a");
	arena_defer(a, deferred, NULL);
	arena_defer(a, deferred, "b");
	arena_defer(a, deferred, "d");
	arena_reset(a);
	assert_string_equal(trace.text, "deba");
	arena_reset(a);
	assert_string_equal(trace.text, "deba");
	arena_defer(a, deferred, "c");
	arena_free(a);
	assert_string_equal(trace.text, "debac");
	arena_free(NULL);
}

static void arena_goes_back_to_a_mark(void **state)
{
	struct arena *a = arena_make(64 * 1024, NULL, NULL);
	char *kept = arena_bytes(a, 5);

	(void)state;
	trace = (struct trace){ .again = a };
	memcpy(kept, "kept", 5);
	arena_defer(a, deferred, "a");

	struct arena_mark mark = arena_mark(a);

	/* Nine times what it may hold, were the rounds not taken back. */
	for (int i = 0; i < 12; i++) {
		char *here = arena_bytes(a, 100), *far = arena_bytes(a, 50000);

		memset(here, 'x', 100);
		memset(far, 'x', 50000);
		if (i == 0)
			arena_defer(a, deferred, "d");
		arena_rewind(a, mark);
		/* What was handed out is wiped, as at the end. */
		assert_int_equal(here[0] | here[99], 0);
	}
	assert_string_equal(trace.text, "de");
	assert_string_equal(kept, "kept");
	arena_rewind(a, mark);
	assert_string_equal(trace.text, "de");
	arena_free(a);
	assert_string_equal(trace.text, "dea");
}

static jmp_buf exhausted;

static void out_of_memory(void *ctx)
{
	++*(int *)ctx;
	longjmp(exhausted, 1);
}

static void arena_ends_at_its_limit(void **state)
{
	volatile int step = 0;
	int calls = 0;
	struct arena *a = arena_make(64 * 1024, out_of_memory, &calls);

	(void)state;
	trace = (struct trace){ 0 };
	(void)setjmp(exhausted);
	switch (step++) {
	case 0:
		for (int i = 0; i < 64; i++)
			arena_alloc(a, 1024);
		assert_int_equal(calls, 0);
		arena_alloc(a, 1);
		break;
	case 1: /* what could not be adopted is given back at once */
		arena_defer(a, deferred, "x");
		break;
	case 2:
		assert_string_equal(trace.text, "x");
		arena_reset(a);
		arena_array(a, SIZE_MAX / 2, 3);
		break;
	case 3:
		arena_alloc(a, SIZE_MAX);
		break;
	case 4:
		arena_exhausted(a);
		break;
	default:
		assert_int_equal(calls, 5);
		assert_non_null(arena_alloc(a, 64 * 1024));
		arena_free(a);
		return;
	}
	fail();
}

static void arena_hands_out_zeroes(void **state)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 20000; n = n * 2 + 1) {
			unsigned char *p = arena_alloc(a, n);

			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xa5, n);
		}
		arena_reset(a);
	}
	assert_str(arena_dup(a, (struct str){ 0 }), NULL);
	assert_str(arena_dup(a, STR("")), "");
	assert_string_equal(arena_dup(a, (struct str){ "abc", 2 }).p, "ab");
	assert_str(arena_printf(a, "%d-%s", 7, "x"), "7-x");
	arena_free(a);
}

static void buf_grows(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct buf b = buf_make(a, 0);

	(void)state;
	assert_str(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_char(&b, 'x');
	buf_add(&b, (struct str){ 0 });
	buf_add(&b, buf_str(&b));
	assert_int_equal(b.n, 2000);
	assert_int_equal(strlen(buf_str(&b).p), 2000);
	b = buf_make(a, 4);
	buf_i64(&b, INT64_MIN);
	buf_printf(&b, "%s", "!");
	assert_str(buf_str(&b), "-9223372036854775808!");
	memcpy(buf_room(&b, 2), "ab", 2);
	b.n += 2;
	assert_str(buf_str(&b), "-9223372036854775808!ab");
	arena_free(a);
}

static void buf_escapes(void **state)
{
	static const struct {
		struct str text;
		const char *json;
	} rows[] = {
		{ STR(""), "\"\"" },
		{ STR("abc"), "\"abc\"" },
		{ STR("\"\\/"), "\"\\\"\\\\/\"" },
		{ STR("\n\r\t\b\f"), "\"\\n\\r\\t\\u0008\\u000c\"" },
		{ STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"" },
		{ STR("\xc3\xa9\xf0\x9f\x92\xa9"), "\"\xc3\xa9\xf0\x9f\x92\xa9\"" },
		{ STR("a\"b\"c"), "\"a\\\"b\\\"c\"" },
	};
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = buf_make(a, 1);

		buf_json(&b, rows[i].text);
		assert_str(buf_str(&b), rows[i].json);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_compares),
		cmocka_unit_test(str_cuts),
		cmocka_unit_test(str_reads_numbers),
		cmocka_unit_test(str_knows_utf8),
		cmocka_unit_test(arena_runs_deferred),
		cmocka_unit_test(arena_goes_back_to_a_mark),
		cmocka_unit_test(arena_ends_at_its_limit),
		cmocka_unit_test(arena_hands_out_zeroes),
		cmocka_unit_test(buf_grows),
		cmocka_unit_test(buf_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
