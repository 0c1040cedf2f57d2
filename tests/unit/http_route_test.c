/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/route.h"

static const struct route routes[] = {
	{ .name = "user_create", .method = METHOD_POST, ROUTE_AT("/api/v1/users") },
	{ .name = "user_list", .method = METHOD_GET, ROUTE_AT("/api/v1/users") },
	{ .name = "user_get", .method = METHOD_GET, ROUTE_AT("/api/v1/users/{id}") },
	{ .name = "user_update", .method = METHOD_PUT, ROUTE_AT("/api/v1/users/{id}") },
	{ .name = "user_delete", .method = METHOD_DELETE, ROUTE_AT("/api/v1/users/{id}") },
	{ .name = "user_me", .method = METHOD_GET, ROUTE_AT("/api/v1/users/me") },
	{ .name = "user_teams", .method = METHOD_GET, ROUTE_AT("/api/v1/users/{id}/teams") },
	{ .name = "me_any", .method = METHOD_GET, ROUTE_AT("/api/v1/users/me/{what}") },
	{ .name = "member_get",
	  .method = METHOD_PATCH,
	  ROUTE_AT("/api/v1/teams/{team}/members/{member}") },
	{ .name = "openapi", .method = METHOD_GET, ROUTE_AT("/api/v1/openapi.json") },
	{ .name = "caf\xc3\xa9", .method = METHOD_GET, ROUTE_AT("/api/v1/caf\xc3\xa9") },
};

enum { ROUTES = sizeof routes / sizeof *routes };

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

static enum err find(struct arena *a, const char *method, struct str path, struct route_match *m)
{
	struct http_request r = { .path = path };

	r.known = method_find(str_from(method), &r.method);
	return route_find(routes, ROUTES, &r, a, m);
}

static void assert_str(struct str s, const char *wanted)
{
	assert_int_equal(s.n, strlen(wanted));
	assert_memory_equal(s.p, wanted, s.n);
}

static void finds(void **state)
{
	static const struct {
		const char *method, *path, *name, *param, *value;
	} rows[] = {
		{ "GET", "/api/v1/users", "user_list", NULL, NULL },
		{ "HEAD", "/api/v1/users", "user_list", NULL, NULL },
		{ "POST", "/api/v1/users", "user_create", NULL, NULL },
		{ "GET", "/api/v1/users/7", "user_get", "id", "7" },
		{ "DELETE", "/api/v1/users/7", "user_delete", "id", "7" },
		{ "GET", "/api/v1/users/mee", "user_get", "id", "mee" },
		{ "GET", "/api/v1/users/m", "user_get", "id", "m" },
		{ "GET", "/api/v1/users/Me", "user_get", "id", "Me" },
		{ "GET", "/api/v1/users/me", "user_me", NULL, NULL },
		{ "GET", "/api/v1/users/%6de", "user_me", NULL, NULL },
		{ "GET", "/%61pi/v1/users/7", "user_get", "id", "7" },
		{ "GET", "/api/v1/users/7/teams", "user_teams", "id", "7" },
		{ "GET", "/api/v1/users/me/teams", "me_any", "what", "teams" },
		{ "GET", "/api/v1/users/%7Bid%7D", "user_get", "id", "{id}" },
		{ "GET", "/api/v1/users/{id}", "user_get", "id", "{id}" },
		{ "GET", "/api/v1/users/a+b%20c", "user_get", "id", "a+b c" },
		{ "GET", "/api/v1/users/%25%32%66", "user_get", "id", "%2f" },
		{ "GET", "/api/v1/users/...", "user_get", "id", "..." },
		{ "GET", "/api/v1/users/%C3%A9", "user_get", "id", "\xc3\xa9" },
		{ "GET", "/api/v1/users/\xc3\xa9", "user_get", "id", "\xc3\xa9" },
		{ "GET", "/api/v1/caf%c3%a9", "caf\xc3\xa9", NULL, NULL },
		{ "PATCH", "/api/v1/teams/a/members/b", "member_get", "member", "b" },
		{ "PATCH", "/api/v1/teams/a/members/b", "member_get", "team", "a" },
		{ "GET", "/api/v1/openapi.json", "openapi", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct route_match m = { 0 };

		assert_int_equal(find(*state, rows[i].method, str_from(rows[i].path), &m), OK);
		assert_string_equal(m.route->name, rows[i].name);
		if (rows[i].param == NULL) {
			assert_int_equal(m.n, 0);
			continue;
		}
		assert_str(route_param(&m, rows[i].param), rows[i].value);
		assert_string_equal(route_param(&m, rows[i].param).p, rows[i].value);
		assert_null(route_param(&m, "nothing").p);
	}
}

static void finds_nothing(void **state)
{
	static const struct str paths[] = {
		{ 0 },
		STR(""),
		STR("/"),
		STR("//"),
		STR("api/v1/users"),
		STR("/api/v1"),
		STR("/api/v1/user"),
		STR("/api/v1/userss"),
		STR("/api/v1/users/"),
		STR("/api/v1/users//"),
		STR("/api/v1//users"),
		STR("//api/v1/users"),
		STR("/api/v1/users/7/"),
		STR("/api/v1/users//teams"),
		STR("/api/v1/users/7/teams/8"),
		STR("/API/v1/users"),
		STR("/api/v1/./users"),
		STR("/api/v1/users/."),
		STR("/api/v1/users/.."),
		STR("/api/v1/users/%2e%2E"),
		STR("/api/v1/users/%2e"),
		STR("/api/v1/users/../users"),
		STR("/api/v1/users%2f7"),
		STR("/api/v1/users/7%2Fteams"),
		STR("/api/v1/users/a%2Fb"),
		STR("/api/v1/users/%00"),
		STR("/api/v1/users/a\0"),
		STR("/api/v1/users/%"),
		STR("/api/v1/users/%4"),
		STR("/api/v1/users/%4g"),
		STR("/api/v1/users/%c3"),
		STR("/api/v1/users/%c0%af"),
		STR("/api/v1/users/\xff"),
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct route_match m = { 0 };

		assert_int_equal(find(*state, "GET", paths[i], &m), ERR_NOT_FOUND);
		assert_int_equal(find(*state, "OPTIONS", paths[i], &m), ERR_NOT_FOUND);
		assert_null(m.route);
		assert_int_equal(m.allowed, 0);
	}
}

static enum err find_info(struct arena *a, const char *mount, const char *info, const char *raw)
{
	struct route_match m = { 0 };
	struct http_request r = { .path = str_from(raw),
				  .path_info = str_from(info),
				  .mount = str_from(mount) };

	r.known = method_find(STR("GET"), &r.method);
	return route_find(routes, ROUTES, &r, a, &m);
}

/* PATH_INFO below SCRIPT_NAME, with and without the REQUEST_URI that they were made of. */
static void routes_by_path_info(void **state)
{
	static const struct {
		const char *mount, *info, *raw;
		enum err e;
	} rows[] = {
		{ "", "/api/v1/openapi.json", "/api/v1/openapi.json", OK },
		{ "", "/api/v1/openapi.json", "/api/v1/%6fpenapi.json", OK },
		{ "", "/api/v1/openapi.json", NULL, OK },
		{ "/accounts", "/api/v1/openapi.json", NULL, OK },
		{ "/accounts", "/api/v1/openapi.json", "/accounts/api/v1/openapi.json", OK },
		{ "/accounts", "/api/v1/openapi.json", "/%61ccounts/api/v1/openapi.json", OK },
		{ "/a/b-c_d.e~f", "/api/v1/openapi.json", NULL, OK },
		{ "", "/api/v1/caf\xc3\xa9", "/api/v1/caf%c3%a9", OK },
		/* Decoding is done once: what was encoded twice stays what it is. */
		{ "", "/api/v1/%6fpenapi.json", "/api/v1/%256fpenapi.json", ERR_NOT_FOUND },
		{ "", "/api/v1/%6fpenapi.json", NULL, ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "/api/v1/%256fpenapi.json", ERR_INVALID },
		/* What only decoding or normalising has made a path of ours. */
		{ "", "/api/v1/openapi.json", "/api%2Fv1/openapi.json", ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "/api/v1/x/../openapi.json", ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "/api/v1/%2e/openapi.json", ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "//api/v1/openapi.json", ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "/api/v1/openapi.json%00", ERR_NOT_FOUND },
		{ "", "/api/v1/openapi.json", "/api/v1\\openapi.json", ERR_INVALID },
		{ "", "/api/v1/openapi.json", "http://h/api/v1/openapi.json", ERR_NOT_FOUND },
		/* Contradictions. */
		{ "", "/api/v1/openapi.json", "/api/v1/users/me", ERR_INVALID },
		{ "/accounts", "/api/v1/openapi.json", "/api/v1/openapi.json", ERR_INVALID },
		{ "", "/api/v1/openapi.json", "/accounts/api/v1/openapi.json", ERR_INVALID },
		{ "/accounts", "", "/api/v1/openapi.json", ERR_INVALID },
		/* An empty PATH_INFO is the mount itself; a missing one leaves it to REQUEST_URI.
		 */
		{ "/accounts", "", "/accounts", ERR_NOT_FOUND },
		{ "", NULL, "/api/v1/openapi.json", OK },
		{ "", NULL, NULL, ERR_NOT_FOUND },
		/* PATH_INFO alone is held to the rules too. */
		{ "", "/api/v1//openapi.json", NULL, ERR_NOT_FOUND },
		{ "", "/api/v1/./openapi.json", NULL, ERR_NOT_FOUND },
		{ "", "api/v1/openapi.json", NULL, ERR_NOT_FOUND },
		{ "", "/api/v1/users/\xff", NULL, ERR_NOT_FOUND },
		/* A mount goes into headers as it is. */
		{ "/a b", "/api/v1/openapi.json", NULL, ERR_INVALID },
		{ "/a;x", "/api/v1/openapi.json", NULL, ERR_INVALID },
		{ "/a/", "/api/v1/openapi.json", NULL, ERR_INVALID },
		{ "/../a", "/api/v1/openapi.json", NULL, ERR_INVALID },
		{ "a", "/api/v1/openapi.json", NULL, ERR_INVALID },
		{ "//evil.example", "/api/v1/openapi.json", NULL, ERR_INVALID },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum err e = find_info(*state, rows[i].mount, rows[i].info, rows[i].raw);

		if (e != rows[i].e)
			print_error("row %zu: %d instead of %d\n", i, e, rows[i].e);
		assert_int_equal(e, rows[i].e);
	}
}

static void bounds_the_path(void **state)
{
	char path[ROUTE_PATH_MAX + 2] = "/api/v1/users/";
	struct route_match m = { 0 };

	memset(path + strlen(path), 'x', sizeof path - 1 - strlen(path));
	assert_int_equal(find(*state, "GET", (struct str){ path, ROUTE_PATH_MAX }, &m), OK);
	assert_int_equal(route_param(&m, "id").n, ROUTE_PATH_MAX - strlen("/api/v1/users/"));
	assert_int_equal(find(*state, "GET", (struct str){ path, ROUTE_PATH_MAX + 1 }, &m),
			 ERR_NOT_FOUND);
}

static void says_what_is_allowed(void **state)
{
	static const struct {
		const char *method, *path, *allow;
	} rows[] = {
		{ "DELETE", "/api/v1/users", "GET, HEAD, POST, OPTIONS" },
		{ "OPTIONS", "/api/v1/users", "GET, HEAD, POST, OPTIONS" },
		{ "TRACE", "/api/v1/users/7", "GET, HEAD, PUT, DELETE, OPTIONS" },
		{ "get", "/api/v1/users/7", "GET, HEAD, PUT, DELETE, OPTIONS" },
		{ "", "/api/v1/users/7", "GET, HEAD, PUT, DELETE, OPTIONS" },
		/* The literal path is another resource than /users/{id}. */
		{ "DELETE", "/api/v1/users/me", "GET, HEAD, OPTIONS" },
		{ "GET", "/api/v1/teams/a/members/b", "PATCH, OPTIONS" },
		{ "HEAD", "/api/v1/teams/a/members/b", "PATCH, OPTIONS" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct route_match m = { 0 };

		assert_int_equal(find(*state, rows[i].method, str_from(rows[i].path), &m),
				 ERR_METHOD_NOT_ALLOWED);
		assert_null(m.route);
		assert_str(route_allow(m.allowed, *state), rows[i].allow);
	}
	assert_str(route_allow(0, *state), "OPTIONS");
}

static void knows_its_params(void **state)
{
	static const struct route r = { .path = "/teams/{team}/members/{member_id}" };

	(void)state;
	assert_true(route_has_param(&r, "team"));
	assert_true(route_has_param(&r, "member_id"));
	assert_false(route_has_param(&r, "member"));
	assert_false(route_has_param(&r, "id"));
	assert_false(route_has_param(&r, "teams"));
	assert_false(route_has_param(&r, ""));
	assert_false(route_has_param(&routes[0], "id"));
}

static void names_methods(void **state)
{
	static const char *const unknown[] = { "", "get", "OPTIONS", "TRACE", "GETT", "GE" };
	enum method found = METHOD_PATCH;

	(void)state;
	for (enum method m = 0; m < METHOD_COUNT; m++) {
		assert_true(method_find(str_from(method_name(m)), &found));
		assert_int_equal(found, m);
	}
	assert_true(method_find(STR("HEAD"), &found));
	assert_int_equal(found, METHOD_GET);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		assert_false(method_find(str_from(unknown[i]), &found));
	assert_false(method_find((struct str){ 0 }, &found));
	assert_false(method_find(STR("GET\0"), &found));
}

static void headers_stay_on_their_line(void **state)
{
	struct http_reply r = { .headers = buf_make(*state, 8) };

	header_add(&r, "Location", STR("/api/v1/users/7"));
	header_add(&r, "X-Request-Id", STR("a\r\nSet-Cookie: b\tc\x7f"));
	header_add(&r, "X-Empty", (struct str){ 0 });
	assert_str(buf_str(&r.headers), "Location: /api/v1/users/7\r\n"
					"X-Request-Id: a  Set-Cookie: b\tc \r\n"
					"X-Empty: \r\n");
}

/* Eight bytes are looked at together: each byte, wherever it stands among others. */
static void each_byte_of_a_header(void **state)
{
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < 18; at++) {
			struct http_reply r = { .headers = buf_make(*state, 8) };
			char value[] = "\xff \x80~0123456789ab\t!", wanted[sizeof value];
			bool breaks = (c < 0x20 && c != '\t') || c == 0x7f;

			value[at] = (char)c;
			memcpy(wanted, value, sizeof value);
			wanted[at] = breaks ? ' ' : (char)c;
			header_add(&r, "N", (struct str){ value, sizeof value - 1 });
			assert_memory_equal(r.headers.p + 3, wanted, sizeof value - 1);
		}
}

static void a_header_is_found_by_its_name(void **state)
{
	struct http_reply r = { .headers = buf_make(*state, 8) };

	assert_false(header_has(&r, "N"));
	header_add(&r, "Name", STR("Other: x"));
	header_add(&r, "N", STR("1"));
	assert_true(header_has(&r, "Name"));
	assert_true(header_has(&r, "N"));
	assert_false(header_has(&r, "Other"));
	assert_false(header_has(&r, "Nam"));
	assert_false(header_has(&r, "ame"));
	assert_false(header_has(&r, "A name that is longer than all of the headers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(routes_by_path_info, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_the_path, setup, teardown),
		cmocka_unit_test_setup_teardown(says_what_is_allowed, setup, teardown),
		cmocka_unit_test(knows_its_params),
		cmocka_unit_test(names_methods),
		cmocka_unit_test_setup_teardown(headers_stay_on_their_line, setup, teardown),
		cmocka_unit_test_setup_teardown(each_byte_of_a_header, setup, teardown),
		cmocka_unit_test_setup_teardown(a_header_is_found_by_its_name, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
