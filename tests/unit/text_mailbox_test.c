/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wipe.h"
#include "text/mailbox.h"

#include "text.h"

static void addresses(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "a@b", true },
		{ "ann@example.org", true },
		{ "zoë@bücher.example", true },
		{ "o'neil+tag@example.org", true },
		{ "\"taro..y\"@docomo.ne.jp", true },
		{ "\"a\"@b", true },
		{ "", false },
		{ "@b", false },
		{ "a@", false },
		{ "ab", false },
		{ "a@b@c", false },
		{ "a b@c", false },
		{ "a@b\r\nBcc: x", false },
		{ "a@b\n", false },
		{ "a@b\t", false },
		{ "a\x7f@b", false },
		{ "a\xc2\x85@b", false }, /* C1 */
		{ "<a@b>", false },
		{ "a@b>", false },
		{ "a,b@c", false },
		{ "\"a@b", false },
		{ "a\"@b", false },
		{ "\"\"@b", false },
		{ "\"a\"b\"@c", false },
		{ "\"a b\"@c", false },
		{ "\"a\\b\"@c", false },
		{ "\"a>\"@c", false },
		{ "a@\"b\"", false },
		{ "a@[127.0.0.1]", false },
		{ "a@b;c", false },
		{ "a\xff@b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (mailbox_address(str_from(rows[i].text)) != rows[i].valid)
			fail_msg("%s", rows[i].text);
	assert_false(mailbox_address((struct str){ "a\0@b", 4 }));
}

static void mailboxes(void **state)
{
	static const struct {
		const char *text, *name, *address; /* address NULL: refused */
	} rows[] = {
		{ "a@b", "", "a@b" },
		{ " a@b ", "", "a@b" },
		{ "<a@b>", "", "a@b" },
		{ "Ann <a@b>", "Ann", "a@b" },
		{ "Ann Häuser <a@b>", "Ann Häuser", "a@b" },
		{ "\"Häuser, GmbH\" <a@b>", "Häuser, GmbH", "a@b" },
		{ "\"a \\\"b\\\" c\" <a@b>", "a \"b\" c", "a@b" },
		{ "Ann a@b", NULL, NULL },
		{ "Ann <a@b> x", NULL, NULL },
		{ "Ann a@b>", NULL, NULL },
		{ "Ann <a@b", NULL, NULL },
		{ "Ann <>", NULL, NULL },
		{ "Ann\r\nBcc: c@d <a@b>", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mailbox m = { 0 };

		assert_int_equal(mailbox_parse(str_from(rows[i].text), a, &m),
				 rows[i].address != NULL);
		if (rows[i].address == NULL)
			continue;
		assert_str(m.name, rows[i].name);
		assert_str(m.address, rows[i].address);
	}
	arena_free(a);
}

static void wiping_moves_what_there_was(void **state)
{
	char *p = wipe_realloc(NULL, 4);

	(void)state;
	memcpy(p, "abc", 4);
	p = wipe_realloc(p, 10000);
	assert_string_equal(p, "abc");
	p = wipe_realloc(p, 2);
	assert_memory_equal(p, "ab", 2);
	wipe_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(mailboxes),
		cmocka_unit_test(wiping_moves_what_there_was),
	};

	return cmocka_run_group_tests_name("base_mailbox", tests, NULL, NULL);
}
