/* SPDX-License-Identifier: MIT */
/* The document that a table like the service's own becomes. */
#include "http/openapi.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct user_id {
	struct uuid id;
};

#define FIELD_KIND_IDS struct user_id : KIND_UUID,
#define FIELD_KIND_ENUMS
#define FIELD_VOCABULARIES

struct user {
	struct user_id id;
	struct str email, name;
	struct instant created_at;
};

struct user_in {
	struct user_id id;
	struct str email;
	struct secret password;
	struct str name, slug;
	bool news;
};

struct page_in {
	int32_t limit;
	int64_t offset;
	struct str after;
};

SCHEMA(user, user, FIELD(user, id, .doc = "UUIDv7"), FIELD(user, email), FIELD(user, name),
       FIELD(user, created_at));
SCHEMA(user_create, user_in, FIELD(user_in, email, .min = 1, .max = 254, .format = FORMAT_EMAIL),
       FIELD(user_in, password, .min = 8, .max_bytes = 1024, .doc = "Any characters"),
       FIELD(user_in, name, .min = 1, .max = 200, .format = FORMAT_TEXT));
SCHEMA(user_put, user_in, FIELD(user_in, id), FIELD(user_in, email, .format = FORMAT_EMAIL),
       FIELD(user_in, slug, .optional = true, .pattern = "^[a-z]+$"),
       FIELD(user_in, news, .optional = true, .preset = 1));
SCHEMA(login, user_in, FIELD(user_in, email), FIELD(user_in, password, .max_bytes = 1024));
SCHEMA(user_at, user_in, FIELD(user_in, id));
SCHEMA(page, page_in, FIELD(page_in, limit, .optional = true, .min = 1, .max = 100, .preset = 20),
       FIELD(page_in, offset, .optional = true), FIELD(page_in, after, .optional = true));
SCHEMA_NONE(none);

#define ROUTE(name, method, path, who, status, shape, in, out, ...)                                \
	{                                                                                          \
#name, METHOD_##method, ROUTE_AT(path), ACCESS_##who, COST_FREE, status,           \
			REPLY_##shape, in, out, "Call " #name, NULL, (const int[])                 \
		{                                                                                  \
			__VA_ARGS__ __VA_OPT__(, ) OK                                              \
		}                                                                                  \
	}
#define USERS "/api/v1/users"

static const struct route routes[] = {
	ROUTE(user_create, POST, USERS, ANYONE, 201, ONE, &user_create_schema, &user_schema,
	      ERR_EMAIL_TAKEN, ERR_TOO_MANY),
	ROUTE(login, POST, "/api/v1/auth/login", ANYONE, 200, ONE, &login_schema, &user_schema,
	      ERR_BAD_CREDENTIALS, ERR_PROOF_GONE),
	ROUTE(me, GET, "/api/v1/me", USER, 200, ONE, &none_schema, &user_schema),
	ROUTE(user_list, GET, USERS, ADMIN, 200, LIST, &page_schema, &user_schema),
	ROUTE(user_get, GET, USERS "/{id}", SELF, 200, ONE, &user_at_schema, &user_schema,
	      ERR_USER_NOT_FOUND),
	ROUTE(user_put, PUT, USERS "/{id}", SELF, 200, ONE, &user_put_schema, &user_schema,
	      ERR_USER_NOT_FOUND, ERR_EMAIL_TAKEN),
	ROUTE(user_delete, DELETE, USERS "/{id}", SELF, 204, NONE, &user_at_schema, NULL,
	      ERR_USER_NOT_FOUND, ERR_LAST_ADMIN),
	ROUTE(check, GET, "/api/v1/auth/check", GATE, 204, NONE, &none_schema, NULL),
	ROUTE(openapi, GET, "/api/v1/openapi.json", ANYONE, 200, RAW, &none_schema, NULL),
};

enum { ROUTES = sizeof routes / sizeof *routes };

static int setup(void **state)
{
	char *text = openapi_make(routes, ROUTES, "1.2.3");
	const char *path = getenv("OPENAPI_OUT");
	FILE *out = path == NULL ? NULL : fopen(path, "we");

	assert_non_null(text);
	if (out != NULL) {
		fputs(text, out);
		fclose(out);
	}
	*state = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	return *state == NULL;
}

static int teardown(void **state)
{
	json_decref(*state);
	return 0;
}

/* What stands at "a b c": member names, and indices into arrays, with a blank between. */
static json_t *at(json_t *j, const char *path)
{
	struct str rest = str_from(path), step = { 0 };

	while (str_split(&rest, ' ', &step)) {
		int64_t i = 0;

		if (json_is_array(j) && str_to_i64(step, 0, 1000, &i))
			j = json_array_get(j, (size_t)i);
		else
			j = json_object_getn(j, step.p, step.n);
	}
	return j;
}

static void is(void **state, const char *path, const char *want)
{
	json_t *wanted = json_loads(want, JSON_DECODE_ANY, NULL);
	char *got = json_dumps(at(*state, path), JSON_ENCODE_ANY);

	if (wanted == NULL || !json_equal(at(*state, path), wanted))
		fail_msg("%s\n got %s\nwant %s", path, got == NULL ? "nothing" : got, want);
	free(got);
	json_decref(wanted);
}

static void test_head(void **state)
{
	is(state, "openapi", "\"3.1.0\"");
	is(state, "info title", "\"Postern\"");
	is(state, "info version", "\"1.2.3\"");
	is(state, "components securitySchemes bearer",
	   "{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}");
	is(state, "tags 1 name", "\"auth\"");
	is(state, "tags 0 description", "\"Operations under /api/v1/users\"");
	assert_int_equal(json_array_size(at(*state, "tags")), 4);
	assert_int_equal(json_object_size(at(*state, "paths")), 6);
}

static void test_operation(void **state)
{
	is(state, "paths /api/v1/users post operationId", "\"user_create\"");
	is(state, "paths /api/v1/users post summary", "\"Call user_create\"");
	is(state, "paths /api/v1/users post tags", "[\"users\"]");
	is(state, "paths /api/v1/users post security", "[]");
	is(state, "paths /api/v1/users get security", "[{\"bearer\":[]}]");
	is(state, "paths /api/v1/users get description", "\"For admins.\"");
	is(state, "paths /api/v1/me get tags", "[\"me\"]");
	assert_null(at(*state, "paths /api/v1/me get parameters"));
	assert_null(at(*state, "paths /api/v1/me get requestBody"));
}

static void test_input(void **state)
{
	is(state, "paths /api/v1/users get parameters 0",
	   "{\"name\":\"limit\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":"
	   "\"integer\","
	   "\"format\":\"int32\",\"minimum\":1,\"maximum\":100,\"default\":20}}");
	is(state, "paths /api/v1/users/{id} put parameters",
	   "[{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
	   "\"schema\":{\"type\":\"string\",\"format\":\"uuid\"}}]");
	is(state, "paths /api/v1/users/{id} put requestBody",
	   "{\"required\":true,\"content\":{\"application/json\":{\"schema\":"
	   "{\"$ref\":\"#/components/schemas/user_put\"}}}}");
	is(state, "components schemas user_put",
	   "{\"type\":\"object\",\"properties\":{"
	   "\"email\":{\"type\":\"string\",\"format\":\"email\"},"
	   "\"slug\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[a-z]+$\"},"
	   "\"news\":{\"type\":[\"boolean\",\"null\"],\"default\":true}},"
	   "\"required\":[\"email\"],\"additionalProperties\":false}");
	is(state, "components schemas user_create properties",
	   "{\"email\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":254,\"format\":\"email\"}"
	   ","
	   "\"password\":{\"type\":\"string\",\"minLength\":8,\"format\":\"password\","
	   "\"writeOnly\":true,\"pattern\":\"^[^\\\\u0000]*$\",\"description\":\"Any characters. "
	   "At most 1024 bytes of UTF-8.\"},"
	   "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,"
	   "\"pattern\":\"^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u00ad\\\\u061c\\\\u200b"
	   "\\\\u200e\\\\u200f\\\\u2028-\\\\u202e\\\\u2060-\\\\u206f\\\\ufeff\\\\ufff9-\\\\ufffb]*$"
	   "\"}}");
}

static void test_output(void **state)
{
	is(state, "components schemas user",
	   "{\"type\":\"object\",\"properties\":{"
	   "\"id\":{\"type\":\"string\",\"format\":\"uuid\",\"description\":\"UUIDv7\"},"
	   "\"email\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
	   "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"}},"
	   "\"required\":[\"id\",\"email\",\"name\",\"created_at\"]}");
	is(state, "paths /api/v1/users post responses 201 content application/json schema",
	   "{\"$ref\":\"#/components/schemas/user\"}");
	is(state, "paths /api/v1/users get responses 200 content application/json schema",
	   "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/user\"}}");
	is(state, "paths /api/v1/openapi.json get responses 200 content application/json schema",
	   "{\"type\":\"object\"}");
	is(state, "paths /api/v1/users/{id} delete responses 204",
	   "{\"description\":\"Done; there is no body\"}");
}

/* What the column says, what follows from the row, and what nginx has; each sort where it can be.
 */
static void test_problems(void **state)
{
	static const struct {
		const char *path, *statuses;
	} rows[] = {
		{ "/api/v1/users post", "201 400 406 409 413 414 415 429 431" },
		{ "/api/v1/auth/login post", "200 400 401 406 410 413 414 415 429 431" },
		{ "/api/v1/me get", "200 400 401 406 413 414 429 431" },
		{ "/api/v1/users get", "200 400 401 403 406 413 414 429 431" },
		{ "/api/v1/users/{id} get", "200 400 401 403 404 406 413 414 429 431" },
		{ "/api/v1/users/{id} put", "200 400 401 403 404 406 409 413 414 415 429 431" },
		{ "/api/v1/users/{id} delete", "204 400 401 403 404 409 413 414 429 431" },
		{ "/api/v1/auth/check get", "204 400 401 403 413 414 429 431" },
		{ "/api/v1/openapi.json get", "200 400 406 413 414 429 431" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char path[128], got[128] = "", want[128];
		const char *status = NULL;
		json_t *response = NULL;

		snprintf(path, sizeof path, "paths %s responses", rows[i].path);
		json_object_foreach(at(*state, path), status, response)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
				 *got == '\0' ? "" : " ", status);
		snprintf(want, sizeof want, "%s 500 501 503 505 default", rows[i].statuses);
		assert_string_equal(got, want);
	}
}

static void test_codes(void **state)
{
	is(state, "paths /api/v1/me get responses 401",
	   "{\"$ref\":\"#/components/responses/"
	   "unauthenticated.token-invalid.token-expired.token-revoked\"}");
	is(state, "paths /api/v1/users post responses 409",
	   "{\"$ref\":\"#/components/responses/email-taken\"}");
	is(state, "paths /api/v1/users/{id} put responses 409",
	   "{\"$ref\":\"#/components/responses/email-taken\"}");
	is(state, "paths /api/v1/users/{id} delete responses 409",
	   "{\"$ref\":\"#/components/responses/last-admin\"}");
	is(state, "paths /api/v1/users post responses 429",
	   "{\"$ref\":\"#/components/responses/too-many-attempts.rate-limited\"}");
	is(state, "paths /api/v1/auth/check get responses 400",
	   "{\"$ref\":\"#/components/responses/bad-request\"}");
	is(state, "components responses too-many-attempts.rate-limited description",
	   "\"`too-many-attempts`: too many attempts, try again later; "
	   "`rate-limited`: too many requests, try again later\"");
	is(state, "components responses too-many-attempts.rate-limited x-codes",
	   "[\"too-many-attempts\", \"rate-limited\"]");
	is(state, "components responses email-taken content",
	   "{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}},"
	   "\"application/problem+json\":{\"schema\":"
	   "{\"$ref\":\"#/components/schemas/ProblemDetails\"}}}");
	is(state, "components schemas Problem properties error required",
	   "[\"status\",\"code\",\"message\"]");
	is(state, "components schemas ProblemDetails required", "[\"status\",\"code\",\"detail\"]");
}

/* Every "$ref" leads somewhere, and every component is used. */
static void refs_collect(json_t *root, json_t *j, json_t *seen)
{
	const char *key = NULL;
	json_t *v = NULL;
	size_t i = 0;

	json_array_foreach(j, i, v) refs_collect(root, v, seen);
	json_object_foreach(j, key, v)
	{
		if (strcmp(key, "$ref") == 0) {
			char path[128];

			snprintf(path, sizeof path, "%s", json_string_value(v) + 2);
			for (char *p = path; *p != '\0'; p++)
				*p = *p == '/' ? ' ' : *p;
			assert_non_null(at(root, path));
			json_object_set_new(seen, json_string_value(v), json_true());
		}
		refs_collect(root, v, seen);
	}
}

static void test_references(void **state)
{
	json_t *seen = json_object();

	refs_collect(*state, *state, seen);
	assert_int_equal(json_object_size(seen),
			 json_object_size(at(*state, "components schemas")) +
				 json_object_size(at(*state, "components responses")));
	json_decref(seen);
}

/* Allocations of jansson that still succeed; -1 for all. */
static int allocations = -1;

static void *scarce(size_t n)
{
	if (allocations == 0)
		return NULL;
	allocations -= allocations > 0;
	return malloc(n);
}

/* Whichever allocation fails, there is no document, no leak and no crash. */
static void test_memory(void **state)
{
	char *text = NULL;

	json_set_alloc_funcs(scarce, free);
	for (int n = 0; text == NULL && n < 100000; n++) {
		allocations = n;
		text = openapi_make(routes, ROUTES, "1.2.3");
	}
	json_set_alloc_funcs(malloc, free);
	assert_non_null(text);

	json_t *whole = json_loads(text, 0, NULL);

	assert_true(json_equal(whole, *state));
	json_decref(whole);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),	   cmocka_unit_test(test_operation),
		cmocka_unit_test(test_input),	   cmocka_unit_test(test_output),
		cmocka_unit_test(test_problems),   cmocka_unit_test(test_codes),
		cmocka_unit_test(test_references), cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
