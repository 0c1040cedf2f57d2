/* SPDX-License-Identifier: MIT */
/* The words of the audit log: each once, as the list of notes takes them, and told to its readers.
 */
#include <fcntl.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/audit.h"

static char docs[1 << 17];

static void words(void **state)
{
	const struct vocabulary *v = &audit_actions;
	regex_t form;
	char listed[80];

	(void)state;
	assert_int_equal(regcomp(&form, "^[a-z]+\\.[a-z]+(-[a-z]+)*$", REG_EXTENDED | REG_NOSUB),
			 0);
	assert_int_equal(v->n - 1, AUDIT_USER_VERIFY);
	for (size_t i = 1; i < v->n; i++) {
		int value = 0;

		assert_true(vocabulary_find(v, v->words[i], &value));
		assert_int_equal(value, i);
		assert_true(v->words[i].n <= 64);
		assert_int_equal(regexec(&form, v->words[i].p, 0, NULL, 0), 0);
		snprintf(listed, sizeof listed, "`%s`", v->words[i].p);
		if (strstr(docs, listed) == NULL)
			fail_msg("docs/http-api.md does not tell of %s", listed);
	}
	regfree(&form);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words) };
	int fd = open("docs/http-api.md", O_RDONLY);

	if (fd < 0 || read(fd, docs, sizeof docs - 1) <= 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
