/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/outbox.h"
#include "text/locale.h"

#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* By way of the request, as handlers ask. */
static void accept_language(void **state)
{
	static const struct {
		const char *header, *locale;
	} rows[] = {
		{ NULL, "en" },
		{ "", "en" },
		{ "de", "de" },
		{ "DE-ch", "de" },
		{ "de-CH-1901", "de" },
		{ "fr", "en" },
		{ "fr, de", "de" },
		{ "fr;q=0.9, de;q=0.1", "de" },
		{ "en;q=0.5, de;q=0.8", "de" },
		{ "en;q=0.8, de;q=0.8", "en" },
		{ "de;q=0.8, en;q=0.8", "de" },
		{ "de-AT,de;q=0.9,en;q=0.8", "de" },
		{ "en-US,en;q=0.9,de;q=0.8", "en" },
		{ "fr-FR, fr;q=0.9, *;q=0.5", "en" },
		{ "*, de;q=0.5", "en" },
		{ "de;q=0", "en" },
		{ "de;q=0.000, en;q=0.001", "en" },
		{ "de;q=1.000", "de" },
		{ "de ; q=0.7 , en ; q=0.3", "de" },
		{ "de;Q=0.7, en;q=0.8", "en" },
		/* malformed entries count for nothing */
		{ "de;q=2", "en" },
		{ "de;q=1.001", "en" },
		{ "de;q=0.1234", "en" },
		{ "de;q=x", "en" },
		{ "de;q=", "en" },
		{ "de;q=-1", "en" },
		{ "de;q=0,5", "en" },
		{ ",,;;=,de", "de" },
		{ "deutsch", "en" },
		{ "de_DE", "en" },
		{ "-de", "en" },
		{ "d\xc3\xa9", "en" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct req r = { .from.languages = str_from(rows[i].header) };

		if (!str_eq(mail_locale(&r), str_from(rows[i].locale)))
			fail_msg("%s: %s", rows[i].header, mail_locale(&r).p);
	}
}

static void tags(void **state)
{
	static const struct {
		const char *tag, *locale;
	} rows[] = {
		{ NULL, "en" },	   { "", "en" },      { "de", "de" },	{ "De-Latn-DE", "de" },
		{ "en-GB", "en" }, { "fr-CH", "en" }, { "x-de", "en" }, { "-", "en" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(locale_of(str_from(rows[i].tag)), rows[i].locale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_language),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests_name("mail_locale", tests, NULL, NULL);
}
