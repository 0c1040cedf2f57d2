/* SPDX-License-Identifier: MIT */
/* Every status that an error or an operation has must have a reason phrase. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/dispatch.h"

static void test_every_problem_has_a_phrase(void **state)
{
	static const int statuses[] = {
#define ERR(name, status, code, title) status,
#include "base/err.def"
#undef ERR
	};

	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		assert_true(status_phrase(statuses[i])[0] != '\0');
	assert_string_equal(status_phrase(429), "Too Many Requests");
	assert_string_equal(status_phrase(422), "Unprocessable Content");
	assert_string_equal(status_phrase(599), "");
}

static void test_every_success_has_a_phrase(void **state)
{
	(void)state;
	for (const struct table *const *t = tables; *t != NULL; t++)
		for (size_t i = 0; i < (*t)->n; i++)
			assert_true(status_phrase((*t)->routes[i].status)[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_problem_has_a_phrase),
		cmocka_unit_test(test_every_success_has_a_phrase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
