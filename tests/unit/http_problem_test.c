/* SPDX-License-Identifier: MIT */
/* Error replies, in both of their forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "http/problem.h"

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

static struct arena *arena_of(void **state)
{
	return *state;
}

static void problem_is(struct arena *a, const struct problem *p, int status, const char *type,
		       const char *want)
{
	struct http_reply reply = { .headers = buf_make(a, 64), .body = buf_make(a, 64) };
	struct buf headers = buf_make(a, 64);

	buf_add(&reply.body, STR("half a reply"));
	problem_write(&reply, p);
	buf_printf(&headers, "Content-Type: %s; charset=utf-8\r\n", type);
	assert_int_equal(reply.status, status);
	assert_string_equal(buf_str(&reply.headers).p, buf_str(&headers).p);
	assert_string_equal(buf_str(&reply.body).p, want);
}

static void test_problem(void **state)
{
	struct arena *a = arena_of(state);
	struct faults f = { 0 };
	struct problem p = { .err = ERR_INVALID, .request_id = STR("r\"1"), .faults = &f };

	fault_add(&f, a, STR("/email"), "%s is required", "email");
	fault_add(&f, a, STR("/a~1b"), "\"a/b\" is not known");
	problem_is(a, &p, 400, "application/json",
		   "{\"error\":{\"status\":400,\"code\":\"invalid-request\","
		   "\"message\":\"the request has faults\",\"request_id\":\"r\\\"1\",\"fields\":["
		   "{\"pointer\":\"/email\",\"message\":\"email is required\"},"
		   "{\"pointer\":\"/a~1b\",\"message\":\"\\\"a/b\\\" is not known\"}]}}");
	p.rfc9457 = true;
	problem_is(a, &p, 400, "application/problem+json",
		   "{\"type\":\"about:blank\",\"title\":\"the request has faults\",\"status\":400,"
		   "\"detail\":\"the request has faults\",\"code\":\"invalid-request\","
		   "\"request_id\":\"r\\\"1\",\"errors\":["
		   "{\"pointer\":\"/email\",\"detail\":\"email is required\"},"
		   "{\"pointer\":\"/a~1b\",\"detail\":\"\\\"a/b\\\" is not known\"}]}");
}

static void test_problem_alone(void **state)
{
	struct faults none = { 0 };
	struct problem p = { .err = ERR_USER_NOT_FOUND, .message = STR("user 7 not found") };

	problem_is(arena_of(state), &p, 404, "application/json",
		   "{\"error\":{\"status\":404,\"code\":\"user-not-found\","
		   "\"message\":\"user 7 not found\"}}");
	p = (struct problem){ .err = ERR_USER_NOT_FOUND,
			      .message = STR("user 7 not found"),
			      .faults = &none,
			      .rfc9457 = true };
	problem_is(arena_of(state), &p, 404, "application/problem+json",
		   "{\"type\":\"about:blank\",\"title\":\"user not found\",\"status\":404,"
		   "\"detail\":\"user 7 not found\",\"code\":\"user-not-found\"}");
	/* What only the code may know is told as INTERNAL. */
	p = (struct problem){ .err = ERR_NO_ROW };
	problem_is(arena_of(state), &p, 500, "application/json",
		   "{\"error\":{\"status\":500,\"code\":\"internal\","
		   "\"message\":\"something went wrong here\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_problem, setup, teardown),
		cmocka_unit_test_setup_teardown(test_problem_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
