/* SPDX-License-Identifier: MIT */
/* Decoding by schema, each fault's very words, encoding, and the body of an error reply. */
#include "http/decode.h"
#include "schema/json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct thing_id {
	struct uuid id;
};

#define FIELD_KIND_IDS struct thing_id : KIND_UUID,
#define FIELD_KIND_ENUMS
#define FIELD_VOCABULARIES

struct account_in {
	struct email email;
	struct secret password;
	struct str name;
};

SCHEMA(account, account_in, FIELD(account_in, email, .min = 1),
       FIELD(account_in, password, .min = 8, .max_bytes = 1024),
       FIELD(account_in, name, .min = 1, .max = 200, .format = FORMAT_TEXT));

struct mix {
	struct thing_id id;
	struct str slug, free, nick;
	int32_t age, small;
	int64_t wide;
	bool active, strict;
	struct uuid ref;
	struct instant at;
};

/* `at` is written only; the input schema leaves it out. */
#define MIX_FIELDS                                                                                 \
	FIELD(mix, id), FIELD(mix, slug, .min = 2, .max = 6, .pattern = "^[a-z-]+$"),              \
		FIELD(mix, free), FIELD(mix, nick, .optional = true, .min = 1),                    \
		FIELD(mix, age, .optional = true, .min = 1, .max = 150, .preset = 18),             \
		FIELD(mix, small, .optional = true, .min = -5),                                    \
		FIELD(mix, wide, .optional = true, .min = INT64_MIN, .preset = -1),                \
		FIELD(mix, active, .optional = true),                                              \
		FIELD(mix, strict, .optional = true, .preset = 1),                                 \
		FIELD(mix, ref, .optional = true)

SCHEMA(mix, mix, MIX_FIELDS);
SCHEMA(mix_out, mix, MIX_FIELDS, FIELD(mix, at));

struct page_in {
	int32_t limit;
	int64_t offset;
	struct str after;
	bool all;
	struct thing_id by;
};

SCHEMA(page, page_in, FIELD(page_in, limit, .optional = true, .min = 1, .max = 100, .preset = 20),
       FIELD(page_in, offset, .optional = true), FIELD(page_in, after, .optional = true, .min = 1),
       FIELD(page_in, all, .optional = true), FIELD(page_in, by, .optional = true));

struct one_in {
	struct thing_id id;
};

SCHEMA(one, one_in, FIELD(one_in, id));
SCHEMA_NONE(none);

static const struct route create = {
	.name = "account_create", .method = METHOD_POST, .path = "/accounts", .in = &account_schema
};
static const struct route mix_put = {
	.name = "mix_put", .method = METHOD_PUT, .path = "/mixes/{id}", .in = &mix_schema
};
static const struct route page_get = {
	.name = "page_get", .method = METHOD_GET, .path = "/pages", .in = &page_schema
};
static const struct route one_delete = {
	.name = "one_delete", .method = METHOD_DELETE, .path = "/ones/{id}", .in = &one_schema
};
static const struct route one_lock = {
	.name = "one_lock", .method = METHOD_POST, .path = "/ones/{id}/lock", .in = &one_schema
};
static const struct route none_get = {
	.name = "none_get", .method = METHOD_GET, .path = "/none", .in = &none_schema
};
static const struct route none_post = {
	.name = "none_post", .method = METHOD_POST, .path = "/none", .in = &none_schema
};

#define ID "0192f0c1-2345-7abc-8def-0123456789ab"
#define S(literal)                                                                                 \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define D31 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
#define U31 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

/* What must come of a request; the wanted text is "pointer|message" lines, or the value as JSON. */
struct row {
	const struct route *route;
	struct str id, query, body;
	enum err err;
	const char *want;
};

static struct str faults_text(const struct faults *f, struct arena *a)
{
	struct buf b = buf_make(a, 256);

	for (const struct fault *i = f->first; i != NULL; i = i->next)
		buf_printf(&b, "%s%.*s|%s", i == f->first ? "" : "\n", STR_ARG(i->pointer),
			   i->message.p);
	return buf_str(&b);
}

static void check(const struct row *row)
{
	struct arena *a = arena_make(4 << 20, NULL, NULL);
	struct route_match m = { .route = row->route, .n = row->id.p != NULL };
	struct http_request r = {
		.method = row->route->method, .known = true, .query = row->query, .body = row->body
	};
	struct faults f = { 0 };
	union {
		struct account_in account;
		struct mix mix;
		struct page_in page;
		struct one_in one;
	} out = { 0 };
	struct buf b = buf_make(a, 256);

	m.params[0].name = STR("id");
	m.params[0].value = row->id;
	enum err e = json_decode(row->route->in, &m, &r, a, &f, &out);
	json_encode(row->route->in, &out, &b);
	struct str got = e == OK ? buf_str(&b) : faults_text(&f, a);

	if (e != row->err || strcmp(got.p, row->want) != 0)
		fail_msg("%s \"%.*s\" \"%.*s\"\n got %d: %s\nwant %d: %s", row->route->name,
			 STR_ARG(row->query), STR_ARG(row->body), (int)e, got.p, (int)row->err,
			 row->want);
	assert_int_equal(e == OK, f.n == 0);
	arena_free(a);
}

#define CHECK_ALL(rows)                                                                            \
	for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                 \
	check(&(rows)[i])

#define ACCOUNT(members, err, want)                                                                \
	{                                                                                          \
		&create, { 0 }, { 0 }, S("{" members "}"), err, want                               \
	}
#define MIX(members, err, want)                                                                    \
	{                                                                                          \
		&mix_put, S(ID), { 0 }, S("{\"slug\":\"ab\",\"free\":\"\"" members "}"), err, want \
	}
#define MIXED(members) "{\"id\":\"" ID "\",\"slug\":\"ab\",\"free\":\"\"" members "}"
#define PAGE(query, err, want)                                                                     \
	{                                                                                          \
		&page_get, { 0 }, S(query), { 0 }, err, want                                       \
	}

static const struct row account_rows[] = {
	ACCOUNT("\"email\":\"A@b.example\",\"password\":\"12345678\",\"name\":"
		"\"\\u00c5\\ud83d\\ude00\"",
		OK, "{\"email\":\"A@b.example\",\"name\":\"\u00c5\U0001f600\"}"),
	ACCOUNT("", ERR_INVALID,
		"/email|email is required\n/password|password is required\n/name|name is required"),
	ACCOUNT("\"email\":null,\"password\":null,\"name\":null", ERR_INVALID,
		"/email|email is required\n/password|password is required\n/name|name is required"),
	ACCOUNT("\"email\":\"\",\"password\":\"\",\"name\":\"\"", ERR_INVALID,
		"/email|email is required\n/password|password is required\n/name|name is required"),
	ACCOUNT("\"email\":1,\"password\":[\"12345678\"],\"name\":{}", ERR_INVALID,
		"/email|email must be a string\n/password|password must be a string\n"
		"/name|name must be a string"),
	ACCOUNT("\"email\":true,\"password\":1.5,\"name\":false", ERR_INVALID,
		"/email|email must be a string\n/password|password must be a string\n"
		"/name|name must be a string"),
	ACCOUNT("\"email\":\"nobody\",\"password\":\"1234567\",\"name\":\"a\\u0001\"", ERR_INVALID,
		"/email|email must be a valid email address\n"
		"/password|password must be at least 8 characters\n"
		"/name|name must not contain control or invisible characters"),
	ACCOUNT("\"color\":1,\"email\":\"a@b.example\",\"password\":\"12345678\",\"name\":\"a\","
		"\"\":2,\"a/b~c\":3,\"Email\":4",
		ERR_INVALID,
		"/color|color is not known\n/|\"\" is not known\n/a~1b~0c|a/b~c is not known\n"
		"/Email|Email is not known"),
	/* Seven characters in many bytes are too few; eight emoji are enough. */
	ACCOUNT("\"email\":\"a@b.example\",\"password\":"
		"\"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\","
		"\"name\":\"\x7f\"",
		ERR_INVALID,
		"/password|password must be at least 8 characters\n"
		"/name|name must not contain control or invisible characters"),
	ACCOUNT("\"email\":\"a@b.example\",\"password\":\"" X100 X100 X100 X100 X100 X100 X100 X100
			X100 X100 X10 X10 "12345\",\"name\":\"\\u0085\"",
		ERR_INVALID,
		"/password|password must be at most 1024 bytes\n"
		"/name|name must not contain control or invisible characters"),
	ACCOUNT("\"email\":\"a@b.example\",\"password\":\"" X100 X100 X100 X100 X100 X100 X100 X100
			X100 X100 X10 X10 "1234\",\"name\":\"\u00a0" X100 X100 "\"",
		ERR_INVALID, "/name|name must be at most 200 characters"),
	ACCOUNT("\"email\":\"a@b.example\",\"password\":\"12345678\",\"name\":\"" X100 X100 "\","
		"\"" X100 "\":1",
		ERR_INVALID, "|" X10 X10 X10 X10 X10 X10 "xxxx... is not known"),
	{ &create,
	  { 0 },
	  S("email=x&&a=1"),
	  S("{\"email\":\"a@b.example\"}"),
	  ERR_INVALID,
	  "/password|password is required\n/name|name is required\n"
	  "/email|email is not known\n/a|a is not known" },
};

static const struct row mix_rows[] = {
	MIX("", OK, MIXED(",\"age\":18,\"small\":0,\"wide\":-1,\"active\":false,\"strict\":true")),
	MIX(",\"age\":150,\"small\":-5,\"wide\":9223372036854775807,\"active\":true,"
	    "\"strict\":false,\"nick\":\"n\",\"ref\":\"FFFFFFFF-2345-7abc-8def-0123456789AB\"",
	    OK,
	    MIXED(",\"nick\":\"n\",\"age\":150,\"small\":-5,\"wide\":9223372036854775807,"
		  "\"active\":true,\"strict\":false,"
		  "\"ref\":\"ffffffff-2345-7abc-8def-0123456789ab\"")),
	MIX(",\"age\":null,\"small\":2147483647,\"wide\":-9223372036854775808,\"nick\":null,"
	    "\"ref\":null,\"active\":null,\"strict\":null",
	    OK,
	    MIXED(",\"age\":18,\"small\":2147483647,\"wide\":-9223372036854775808,"
		  "\"active\":false,\"strict\":true")),
	MIX(",\"age\":1.0,\"small\":\"1\",\"wide\":1e2,\"active\":0,\"strict\":\"true\","
	    "\"ref\":\"x\",\"nick\":\"\"",
	    ERR_INVALID,
	    "/nick|nick must be at least 1 character\n/age|age must be a whole number\n"
	    "/small|small must be a whole number\n/wide|wide must be a whole number\n"
	    "/active|active must be true or false\n/strict|strict must be true or false\n"
	    "/ref|ref must be a UUID"),
	MIX(",\"age\":0,\"small\":-6,\"ref\":\"00000000-0000-0000-0000-000000000000\"", ERR_INVALID,
	    "/age|age must be between 1 and 150\n/small|small must be at least -5\n"
	    "/ref|ref must not be the nil UUID"),
	MIX(",\"age\":151,\"small\":2147483648,\"ref\":7", ERR_INVALID,
	    "/age|age must be between 1 and 150\n/small|small must be at most 2147483647\n"
	    "/ref|ref must be a UUID"),
	/* The path says which one; the body may not say it again. */
	MIX(",\"id\":\"" ID "\"", ERR_INVALID, "/id|id is not known"),
	MIX(",\"at\":1", ERR_INVALID, "/at|at is not known"),
	{ &mix_put,
	  S("nobody"),
	  { 0 },
	  S("{\"slug\":\"A\",\"free\":\"\"}"),
	  ERR_INVALID,
	  "/id|id must be a UUID\n/slug|slug must be at least 2 characters" },
	{ &mix_put,
	  S(ID),
	  { 0 },
	  S("{\"slug\":\"A_b\",\"free\":7}"),
	  ERR_INVALID,
	  "/slug|slug must match ^[a-z-]+$\n/free|free must be a string" },
	{ &mix_put,
	  S(ID),
	  { 0 },
	  S("{\"slug\":\"abcdefg\"}"),
	  ERR_INVALID,
	  "/slug|slug must be at most 6 characters\n/free|free is required" },
};

#define PAGED(members) "{\"limit\":20,\"offset\":0" members ",\"all\":false}"

static const struct row page_rows[] = {
	PAGE("", OK, PAGED("")),
	PAGE("&&", OK, PAGED("")),
	PAGE("limit=1&offset=9223372036854775807&all=true&after=a%2Bb+c%C3%A9&by=" ID, OK,
	     "{\"limit\":1,\"offset\":9223372036854775807,\"after\":\"a+b c\u00e9\",\"all\":true,"
	     "\"by\":\"" ID "\"}"),
	PAGE("%6cimit=100", OK, "{\"limit\":100,\"offset\":0,\"all\":false}"),
	PAGE("limit=0", ERR_INVALID, "/limit|limit must be between 1 and 100"),
	PAGE("limit=101", ERR_INVALID, "/limit|limit must be between 1 and 100"),
	PAGE("limit=99999999999999999999&offset=99999999999999999999", ERR_INVALID,
	     "/limit|limit must be between 1 and 100\n"
	     "/offset|offset must be at most 9223372036854775807"),
	PAGE("limit=-99999999999999999999&offset=-99999999999999999999", ERR_INVALID,
	     "/limit|limit must be between 1 and 100\n/offset|offset must be at least 0"),
	PAGE("limit=&offset=-", ERR_INVALID,
	     "/limit|limit must be a whole number\n/offset|offset must be a whole number"),
	PAGE("limit&offset=-1", ERR_INVALID,
	     "/limit|limit must be a whole number\n/offset|offset must be at least 0"),
	PAGE("limit=1.0&offset=+1", ERR_INVALID,
	     "/limit|limit must be a whole number\n/offset|offset must be a whole number"),
	PAGE("limit=1&limit=1", ERR_INVALID, "/limit|limit is given twice"),
	PAGE("limit=x&limit=1&limit=2", ERR_INVALID, "/limit|limit is given twice"),
	PAGE("all=1", ERR_INVALID, "/all|all must be true or false"),
	PAGE("all=True&by=1", ERR_INVALID, "/all|all must be true or false\n/by|by must be a UUID"),
	PAGE("after=%zz", ERR_INVALID, "/after|after must be percent-encoded UTF-8"),
	PAGE("after=%00", ERR_INVALID, "/after|after must be percent-encoded UTF-8"),
	PAGE("after=%ff", ERR_INVALID, "/after|after must be percent-encoded UTF-8"),
	PAGE("after=", ERR_INVALID, "/after|after must be at least 1 character"),
	PAGE("%ff=1&color=red&=", ERR_INVALID,
	     "|the query must be percent-encoded UTF-8\n/color|color is not known"),
	{ &page_get, { 0 }, { 0 }, S("{}"), ERR_INVALID, "|there must be no body" },
	{ &one_delete, S(ID), { 0 }, { 0 }, OK, "{\"id\":\"" ID "\"}" },
	/* A resource that nobody has; what stands elsewhere could be taken for none at all. */
	{ &one_delete, S("00000000-0000-0000-0000-000000000000"), { 0 }, { 0 }, OK, "{}" },
	{ &one_delete, S("x"), S("id=" ID), S(" "), ERR_INVALID,
	  "/id|id must be a UUID\n|there must be no body\n/id|id is not known" },
	{ &one_lock, S(ID), { 0 }, S(""), OK, "{\"id\":\"" ID "\"}" },
	{ &one_lock, S(ID), { 0 }, S("{}"), ERR_INVALID, "|there must be no body" },
	{ &none_get, { 0 }, { 0 }, { 0 }, OK, "{}" },
	{ &none_get, S(""), S("a=1"), S("x"), ERR_INVALID,
	  "|there must be no body\n/a|a is not known" },
	{ &none_post, { 0 }, { 0 }, { 0 }, OK, "{}" },
	{ &none_post, { 0 }, { 0 }, S("{}"), ERR_INVALID, "|there must be no body" },
	/* Faults of other kinds are not told beside a malformed body. */
	{ &create,
	  { 0 },
	  S("a=1"),
	  S("{\"color\":1,"),
	  ERR_BAD_JSON,
	  "|the JSON ends too early (line 1, column 11)" },
};

static void test_account(void **state)
{
	(void)state;
	CHECK_ALL(account_rows);
}

static void test_mix(void **state)
{
	(void)state;
	CHECK_ALL(mix_rows);
}

static void test_page(void **state)
{
	(void)state;
	CHECK_ALL(page_rows);
}

/* 32 levels are fine; brackets in strings are none. */
static void test_depth(void **state)
{
	(void)state;
	static const struct row rows[] = {
		MIX(",\"x\":" D31 U31, ERR_INVALID, "/x|x is not known"),
		MIX(",\"nick\":\"" D31 D31 "\\\"" D31 "\"", OK,
		    MIXED(",\"nick\":\"" D31 D31 "\\\"" D31 "\",\"age\":18,\"small\":0,"
			  "\"wide\":-1,\"active\":false,\"strict\":true")),
	};

	CHECK_ALL(rows);
}

/* Many faults: the first 32 are told, each once, however many there are. */
static void test_flood(void **state)
{
	(void)state;
	struct arena *a = arena_make(4 << 20, NULL, NULL);
	struct buf query = buf_make(a, 1024), body = buf_make(a, 1024);
	struct route_match m = { .route = &page_get };
	struct faults f = { 0 }, g = { 0 };
	struct page_in page = { 0 };
	struct account_in account = { 0 };

	for (int i = 0; i < 1000; i++) {
		buf_printf(&query, "x%d=%%ff&", i);
		buf_printf(&body, "%s\"x%d\":0", i == 0 ? "{" : ",", i);
	}
	buf_char(&body, '}');
	struct http_request r = { .query = buf_str(&query), .known = true };
	assert_int_equal(json_decode(&page_schema, &m, &r, a, &f, &page), ERR_INVALID);
	assert_int_equal(f.n, FAULTS_MAX);
	assert_string_equal(f.last->message.p, "x31 is not known");

	m.route = &create;
	r = (struct http_request){ .body = buf_str(&body), .known = true };
	assert_int_equal(json_decode(&account_schema, &m, &r, a, &g, &account), ERR_INVALID);
	assert_int_equal(g.n, FAULTS_MAX);
	assert_string_equal(g.first->message.p, "email is required");
	assert_string_equal(g.last->message.p, "x28 is not known");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account), cmocka_unit_test(test_mix),
		cmocka_unit_test(test_page),	cmocka_unit_test(test_depth),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
