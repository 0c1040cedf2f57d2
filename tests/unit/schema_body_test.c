/* SPDX-License-Identifier: MIT */
/* Bodies that are no JSON object: what is told, where it points, and what stays in memory. */
#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/body.h"

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define D31 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
#define U31 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
#define RAW(body, want)                                                                            \
	{                                                                                          \
		{ "" body, sizeof(body) - 1 }, want, ERR_BAD_JSON                                  \
	}

/* It is JSON, but nothing that is taken. */
#define JSON(body, want)                                                                           \
	{                                                                                          \
		{ "" body, sizeof(body) - 1 }, want, ERR_INVALID                                   \
	}

#define AT(pointer, what, line, column) pointer "|" what " (line " #line ", column " #column ")"
#define NOT_UTF8(bytes) RAW("{\"email\":\"" bytes "\"}", AT("/email", "this is not UTF-8", 1, 11))

static const struct {
	struct str body;
	const char *want; /* pointer|message */
	enum err err;
} rows[] = {
	RAW("", "|the body must be a JSON object"),
	RAW(" \r\n\t", "|the body must be a JSON object"),
	JSON("[]", "|the body must be a JSON object"),
	JSON("\"email\"", "|the body must be a JSON object"),
	JSON("null", "|the body must be a JSON object"),
	JSON("12", "|the body must be a JSON object"),
	JSON("true", "|the body must be a JSON object"),
	JSON("1.5e3 ", "|the body must be a JSON object"),
	JSON("[{}]", "|the body must be a JSON object"),
	JSON("\xef\xbb\xbf[]", "|the body must be a JSON object"),
	RAW("\xef\xbb\xbf", "|the body must be a JSON object"),
	RAW("\xef\xbb\xbf\xef\xbb\xbf{}", AT("", "this is not JSON", 1, 1)),
	RAW("\xef\xbb{}", AT("", "this is not UTF-8", 1, 1)),
	RAW("{\xef\xbb\xbf}", AT("", "this is not JSON", 1, 2)),
	RAW("\xff\xfe{\0}\0", AT("", "NUL is not allowed", 1, 4)),
	RAW("\0{}", AT("", "NUL is not allowed", 1, 1)),
	RAW("email=a", AT("", "this is not JSON", 1, 5)),
	RAW("[", AT("/0", "the JSON ends too early", 1, 1)),
	RAW("[1,]", AT("", "this is not JSON", 1, 4)),
	RAW("tru", AT("", "this is not JSON", 1, 3)),
	JSON("[1,1e999]", AT("/1", "the number is too large", 1, 8)),
	JSON("1e999", AT("", "the number is too large", 1, 5)),
	JSON("{\"a\":\"\\uDFFF\"}", AT("/a", "this is half a character", 1, 13)),
	JSON("{\"\\ud800\":1}", AT("", "this is half a character", 1, 9)),
	RAW("{\"email\":tru}", AT("/email", "this is not JSON", 1, 12)),
	RAW("{\"email\":'a'}", AT("/email", "this is not JSON", 1, 10)),
	RAW("{\"email\":NaN}", AT("/email", "this is not JSON", 1, 12)),
	RAW("{\"email\":01}", AT("/email", "this is not JSON", 1, 10)),
	RAW("{email:1}", AT("", "this is not JSON", 1, 6)),
	RAW("{\"email\":1,}", AT("", "this is not JSON", 1, 12)),
	RAW("{\n \"email\":\n  [1,\n   {\"a\":[2 3]}]}",
	    AT("/email/1/a/0", "this is not JSON", 4, 12)),
	RAW("{\"email\":\"\\x\"}", AT("/email", "this is not JSON", 1, 12)),
	RAW("{\"email\":\"\n\"}", AT("/email", "this is not JSON", 1, 10)),
	RAW("{\"email\":\"\x01\"}", AT("/email", "this is not JSON", 1, 10)),
	JSON("{\"email\":\"\\ud800\"}", AT("/email", "this is half a character", 1, 17)),
	JSON("{\"email\":\"\\udc00\"}", AT("/email", "this is half a character", 1, 17)),
	JSON("{\"email\":\"\\ud800\\u0041\"}", AT("/email", "this is half a character", 1, 23)),
	RAW("{\"email\":\"a", AT("/email", "the JSON ends too early", 1, 11)),
	RAW("{\"\u00e9\":{", AT("/\u00e9", "the JSON ends too early", 1, 6)),
	RAW("{}x", AT("", "nothing may follow the JSON", 1, 3)),
	RAW("{}{}", AT("", "nothing may follow the JSON", 1, 3)),
	JSON("{\"email\":\"\\u0000\"}", AT("/email", "NUL is not allowed", 1, 17)),
	JSON("{\"\\u0000\":1}", AT("", "NUL is not allowed", 1, 9)),
	RAW("{\"email\":\"a\0b\"}", AT("/email", "NUL is not allowed", 1, 12)),
	RAW("{}\0", AT("", "NUL is not allowed", 1, 3)),
	JSON("{\"email\":99999999999999999999}", AT("/email", "the number is too large", 1, 29)),
	JSON("{\"email\":-9223372036854775809}", AT("/email", "the number is too large", 1, 29)),
	JSON("{\"email\":1e999}", AT("/email", "the number is too large", 1, 14)),
	JSON("{\"email\":1,\n\"email\":2}", AT("/email", "a member is given twice", 2, 7)),
	JSON("{\"email\":1,\"\\u0065mail\":2}", AT("/email", "a member is given twice", 1, 23)),
	JSON("{\"x\":[0,{\"a/b\":1,\"a/b\":2}]}",
	     AT("/x/1/a~1b", "a member is given twice", 1, 22)),
	JSON("{\"x\":{\"" X100 "\":1,\"" X100 "\":2}}",
	     AT("/x", "a member is given twice", 1, 213)),
	RAW("{\"email\":\"\x80\"}", AT("/email", "this is not UTF-8", 1, 10)),
	NOT_UTF8("\xff"),
	NOT_UTF8("\xfe"),
	NOT_UTF8("\xc3"),
	NOT_UTF8("\xc0\xaf"),
	NOT_UTF8("\xc1\xbf"),
	NOT_UTF8("\xe0\x80\xaf"),
	NOT_UTF8("\xe0\x9f\xbf"),
	NOT_UTF8("\xed\xa0\x80"),
	NOT_UTF8("\xed\xbf\xbf"),
	NOT_UTF8("\xf0\x8f\xbf\xbf"),
	NOT_UTF8("\xf4\x90\x80\x80"),
	NOT_UTF8("\xf8\x88\x80\x80\x80"),
	NOT_UTF8("\xe2\x82"),
	NOT_UTF8("\xf0\x9f\x98"),
	RAW("{\"\xff\":1}", AT("", "this is not UTF-8", 1, 3)),
	RAW("{\"x\":" D31 U31 ",}", AT("", "this is not JSON", 1, 69)),
	JSON("{\"x\":" D31 "[",
	     AT("/x/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
		"the JSON is nested too deeply", 1, 37)),
};

/* A copy of its exact size, so that the sanitizer sees a byte too far. */
static struct str exact(const char *p, size_t n)
{
	char *copy = malloc(n);

	if (n > 0)
		memcpy(copy, p, n);
	return (struct str){ copy, n };
}

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_make(1 << 20, NULL, NULL);
		struct faults f = { 0 };
		json_t *root = NULL;
		struct str body = exact(rows[i].body.p, rows[i].body.n);

		if (body_parse(body, a, &f, &root) != rows[i].err)
			fail_msg("\"%s\": another error", rows[i].body.p);
		assert_int_equal(f.n, 1);

		struct str got = arena_printf(a, "%s|%s", f.first->pointer.p, f.first->message.p);

		if (strcmp(got.p, rows[i].want) != 0)
			fail_msg("\"%s\"\n got %s\nwant %s", rows[i].body.p, got.p, rows[i].want);
		arena_free(a);
		free((void *)body.p);
	}
}

/* One byte order mark in front is nothing, and a place is counted behind it. */
static void test_mark(void **state)
{
	static const char marked[] = "\xef\xbb\xbf{\"a\":\"\xef\xbb\xbf\"}";
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct faults f = { 0 };
	json_t *root = NULL;

	(void)state;
	assert_int_equal(body_parse((struct str){ marked, sizeof marked - 1 }, a, &f, &root), OK);
	/* Further in it is a character like others. */
	assert_string_equal(json_string_value(json_object_get(root, "a")), "\xef\xbb\xbf");
	assert_int_equal(body_parse(STR("\xef\xbb\xbf{\"a\":}"), a, &f, &root), ERR_BAD_JSON);
	assert_string_equal(f.first->message.p, "this is not JSON (line 1, column 6)");
	arena_free(a);
}

/* Every true prefix of a body is malformed, wherever it is cut. */
static void test_prefixes(void **state)
{
	(void)state;
	static const char whole[] =
		"{\"a\\n\":[1,{\"b\":\"\\u00e9\\\\\\\"\u00e9\"},null],\"c\":-1.5e3}";

	for (size_t n = 0; n < sizeof whole; n++) {
		struct arena *a = arena_make(1 << 20, NULL, NULL);
		struct faults f = { 0 };
		json_t *root = NULL;
		struct str body = exact(whole, n);
		enum err want = n == sizeof whole - 1 ? OK : ERR_BAD_JSON;

		assert_int_equal(body_parse(body, a, &f, &root), want);
		assert_int_equal(f.n, want == OK ? 0 : 1);
		arena_free(a);
		free((void *)body.p);
	}
}

/* How often a text stands in the heap that malloc grows. */
static int heap_count(const char *text)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		uintptr_t from = 0, to = 0;

		if (strstr(line, "[heap]") == NULL ||
		    sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2)
			continue;
		for (const char *p = (const char *)from;
		     (p = memmem(p, to - (uintptr_t)p, text, strlen(text))) != NULL; p++)
			n++;
	}
	fclose(maps);
	return n;
}

/* A password is gone from memory with its request, the copies of the parser included. */
static void test_wiped(void **state)
{
	(void)state;
	/* The sanitizer's heap is somewhere else; there is nothing to look at. */
#ifndef POSTERN_SAN
	/* Far enough in that malloc's own notes in a free block do not cover it. */
	char body[] = "{\"password\":\"correct horse battery staple\",\"x\":1}";
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct faults f = { 0 };
	json_t *root = NULL;

	assert_int_equal(body_parse((struct str){ body, sizeof body - 1 }, a, &f, &root), OK);
	assert_true(heap_count("ry staple") > 0);
	arena_reset(a);
	assert_int_equal(heap_count("ry staple"), 0);
	body[sizeof body - 2] = '?';
	assert_int_equal(body_parse((struct str){ body, sizeof body - 1 }, a, &f, &root),
			 ERR_BAD_JSON);
	arena_reset(a);
	assert_int_equal(heap_count("ry staple"), 0);
	arena_free(a);
#else
	(void)heap_count;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
