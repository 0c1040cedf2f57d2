/* SPDX-License-Identifier: MIT */
/* The table of commands: what follows from it holds for rows that nobody has written yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"
#include "core/audit.h"

/* "user.create key.new": words of the audit log, with one space between. */
static bool actions_valid(const char *text)
{
	struct str rest = str_from(text), word = { 0 };
	bool valid = true;
	int action = 0;

	while (str_split(&rest, ' ', &word))
		valid = valid && vocabulary_find(&audit_actions, word, &action);
	return valid;
}

static void notes(void **state)
{
	(void)state;
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
		if (c->leaves == ERRAND_LEAVES_NOTES && !actions_valid(c->actions))
			fail_msg("%s notes \"%s\"", c->words, c->actions);
		if (c->leaves != ERRAND_LEAVES_NOTES && *c->actions != '\0')
			fail_msg("%s notes something and leaves none", c->words);
		if (c->leaves == ERRAND_LEAVES_NOTES && c->needs != CLI_NEEDS_SOUND)
			fail_msg("%s changes something with settings that were not checked",
				 c->words);
	}
}

static void exempt(void **state)
{
	static const char *const known[] = { "serve", "migrate" };
	size_t n = 0;

	(void)state;
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
		if (c->leaves != ERRAND_LEAVES_ITSELF)
			continue;
		assert_true(n < sizeof known / sizeof *known);
		assert_string_equal(c->words, known[n++]);
	}
}

/* Whether all words of one are the first words of another. */
static bool begins(const char *longer, const char *shorter)
{
	size_t n = strlen(shorter);

	return strncmp(longer, shorter, n) == 0 && (longer[n] == ' ' || longer[n] == '\0');
}

static void reachable(void **state)
{
	(void)state;
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
		assert_non_null(c->run);
		for (const struct cli_command *before = cli_commands; before != c; before++)
			if (begins(c->words, before->words))
				fail_msg("%s stands behind %s, which takes its words", c->words,
					 before->words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes),
		cmocka_unit_test(exempt),
		cmocka_unit_test(reachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
