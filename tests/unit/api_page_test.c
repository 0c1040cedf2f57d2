/* SPDX-License-Identifier: MIT */
/* The words of pages: all of them, in each language, and the template that they stand in. */
#include "api/page/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_each_text_is_there_in_each_language(void **state)
{
	(void)state;
	for (size_t i = TEXT_NONE + 1; i < TEXTS; i++)
		for (size_t l = 0; l < LOCALES; l++) {
			struct str text = texts[i][l];

			if (text.n == 0 || !str_utf8(text) || str_has_controls(text))
				fail_msg("text %zu is not there in %s", i, locales[l].p);
			/* What goes on is followed by something. */
			if (strchr(".: ", text.p[text.n - 1]) == NULL && text.n > 60)
				fail_msg("a sentence has an end: %s", text.p);
		}
}

static void test_template_is_whole(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	assert_non_null(page_template(a));
	arena_free(a);
}

static void test_kind_is_in_the_path(void **state)
{
	(void)state;
	assert_int_equal(page_kind(STR("/account/verify")), PROOF_KIND_VERIFY);
	assert_int_equal(page_kind(STR("/account/email_undo")), PROOF_KIND_EMAIL_UNDO);
	assert_int_equal(page_kind(STR("/account/done")), PROOF_KIND_NONE);
	assert_int_equal(page_kind(STR("/account/verifying")), PROOF_KIND_NONE);
	assert_int_equal(page_kind(STR("")), PROOF_KIND_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_text_is_there_in_each_language),
		cmocka_unit_test(test_template_is_whole),
		cmocka_unit_test(test_kind_is_in_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
