/* SPDX-License-Identifier: MIT */
/* Forms: OAuth's rules for what is unknown, empty, or there twice (RFC 6749 sections 3.1 and 3.2).
 */
#include "http/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FIELD_KIND_IDS
#define FIELD_KIND_ENUMS
#define FIELD_VOCABULARIES

struct grant_in {
	struct str grant_type, code, scope;
	struct secret client_secret;
	int32_t max_age;
	bool again;
};

SCHEMA(grant, grant_in, FIELD(grant_in, grant_type, .min = 1, .max = 64),
       FIELD(grant_in, code, .optional = true, .min = 4, .max = 8),
       FIELD(grant_in, scope, .optional = true, .max = 64),
       FIELD(grant_in, client_secret, .optional = true, .min = 1, .max_bytes = 64),
       FIELD(grant_in, max_age, .optional = true, .min = 0, .max = 100, .preset = -1),
       FIELD(grant_in, again, .optional = true));

static const struct route posted = { .method = METHOD_POST, .path = "/token", .in = &grant_schema };
static const struct route asked = { .method = METHOD_GET,
				    .path = "/authorize",
				    .in = &grant_schema };

/* fault: "pointer message" of each, or NULL where it is fine. */
static const struct row {
	const char *form, *fault, *type, *code, *scope, *secret;
	int32_t max_age;
	bool again;
} rows[] = {
	{ "grant_type=code", NULL, "code", NULL, NULL, NULL, -1, false },
	{ "grant_type=a+b%20c%26%3d%2B", NULL, "a b c&=+", NULL, NULL, NULL, -1, false },
	{ "grant_type=x&code=abcd&scope=a+b&client_secret=s%C3%A4&max_age=7&again=true", NULL, "x",
	  "abcd", "a b", "s\xc3\xa4", 7, true },
	/* What nobody asked for is ignored, however often it comes and whatever it holds. */
	{ "state=1&grant_type=x&state=2&%zz=1&other=%zz&=3&&", NULL, "x", NULL, NULL, NULL, -1,
	  false },
	/* Without a value it is not there, and so is not there twice. */
	{ "grant_type=x&code=&scope&client_secret=&max_age=&again=", NULL, "x", NULL, NULL, NULL,
	  -1, false },
	{ "code=&grant_type=x&code=abcd&code=", NULL, "x", "abcd", NULL, NULL, -1, false },
	{ "", "/grant_type grant_type is required", NULL, NULL, NULL, NULL, 0, false },
	{ "grant_type=", "/grant_type grant_type is required", NULL, NULL, NULL, NULL, 0, false },
	{ "grant_type=x&grant_type=x", "/grant_type grant_type is given twice", NULL, NULL, NULL,
	  NULL, 0, false },
	/* One name, however it is spelled. */
	{ "grant_type=x&grant%5Ftype=y", "/grant_type grant_type is given twice", NULL, NULL, NULL,
	  NULL, 0, false },
	{ "grant_type=x&code=%zz", "/code code must be percent-encoded UTF-8", NULL, NULL, NULL,
	  NULL, 0, false },
	{ "grant_type=%ff", "/grant_type grant_type must be percent-encoded UTF-8", NULL, NULL,
	  NULL, NULL, 0, false },
	{ "grant_type=a%00b", "/grant_type grant_type must be percent-encoded UTF-8", NULL, NULL,
	  NULL, NULL, 0, false },
	{ "grant_type=x&code=abc", "/code code must be at least 4 characters", NULL, NULL, NULL,
	  NULL, 0, false },
	{ "grant_type=x&max_age=101", "/max_age max_age must be between 0 and 100", NULL, NULL,
	  NULL, NULL, 0, false },
	{ "grant_type=x&max_age=x", "/max_age max_age must be a whole number", NULL, NULL, NULL,
	  NULL, 0, false },
	{ "grant_type=x&again=on", "/again again must be true or false", NULL, NULL, NULL, NULL, 0,
	  false },
	{ "code=abc&max_age=x",
	  "/grant_type grant_type is required\n/code code must be at least 4 characters\n"
	  "/max_age max_age must be a whole number",
	  NULL, NULL, NULL, NULL, 0, false },
};

static void assert_text(const char *p, size_t n, const char *wanted)
{
	if (wanted == NULL) {
		assert_null(p);
		return;
	}
	assert_non_null(p);
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(p, wanted, n);
}

static struct str told(const struct faults *f, struct arena *a)
{
	struct buf b = buf_make(a, 64);

	for (const struct fault *i = f->first; i != NULL; i = i->next) {
		buf_add(&b, i->pointer);
		buf_char(&b, ' ');
		buf_add(&b, i->message);
		if (i->next != NULL)
			buf_char(&b, '\n');
	}
	buf_char(&b, '\0');
	return buf_str(&b);
}

static void check(const struct row *row, const struct route *route)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct route_match m = { .route = route };
	struct http_request r = { .method = route->method };
	struct faults f = { 0 };
	struct grant_in out = { 0 };

	/* The other one is not looked at. */
	r.query = r.body = STR("grant_type=elsewhere&code=elsewhere");
	if (route == &asked)
		r.query = str_from(row->form);
	else
		r.body = str_from(row->form);

	enum err e = form_decode(&grant_schema, &m, &r, a, &f, &out);

	if (row->fault != NULL) {
		assert_string_equal(told(&f, a).p, row->fault);
		assert_int_equal(e, ERR_INVALID);
	} else {
		assert_string_equal(told(&f, a).p, "");
		assert_int_equal(e, OK);
		assert_text(out.grant_type.p, out.grant_type.n, row->type);
		assert_text(out.code.p, out.code.n, row->code);
		assert_text(out.scope.p, out.scope.n, row->scope);
		assert_text(out.client_secret.p, out.client_secret.n, row->secret);
		assert_int_equal(out.max_age, row->max_age);
		assert_int_equal(out.again, row->again);
	}
	arena_free(a);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i], &posted);
}

static void test_queries_likewise(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i], &asked);
}

static void test_values_alone(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	assert_text(form_value(STR("a=1&token=x%2Dy&token=z"), STR("token"), a).p, 3, "x-y");
	assert_null(form_value(STR("a=1&tokens=x"), STR("token"), a).p);
	assert_null(form_value(STR("token=%zz"), STR("token"), a).p);
	assert_null(form_value(STR(""), STR("token"), a).p);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_queries_likewise),
		cmocka_unit_test(test_values_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
