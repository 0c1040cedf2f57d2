/* SPDX-License-Identifier: MIT */
/* Templates: the language they are written in, and those there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/enums.h"
#include "mail/templates.h"
#include "mail/words.h"
#include "text/locale.h"

#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct words words = { .v = {
					    [WORD_NAME] = STR("Ann <b>&\"'"),
					    [WORD_CODE] = STR("1234 5678"),
					    [WORD_DEVICE] = STR(""),
					    [WORD_ADDRESS] = STR("a\r\nb\tc\x7f\xc2\x85"
								 "d"),
					    [WORD_CONTENT] = STR("<p>{{name}}</p>"),
					    [WORD_SUBJECT] = STR("<s>"),
				    } };

static void renders(void **state)
{
	static const struct {
		const struct template_kind *kind;
		const char *source, *wanted;
	} rows[] = {
		{ &words_text, "", "" },
		{ &words_text, "plain { } }} {", "plain { } }} {" },
		{ &words_text, "a {{name}} b", "a Ann <b>&\"' b" },
		{ &words_html, "a {{name}} b", "a Ann &lt;b&gt;&amp;&quot;&#39; b" },
		{ &words_text, "{{ name }}{{name}}", "Ann <b>&\"'Ann <b>&\"'" },
		{ &words_text, "{{email}}.", "." },
		{ &words_text, "{{address}}", "a  b c  d" },
		{ &words_text, "{{#code}}yes {{code}}{{/code}}{{^code}}no{{/code}}",
		  "yes 1234 5678" },
		{ &words_text, "{{#email}}yes{{/email}}{{^email}}no{{/email}}", "no" },
		{ &words_text, "{{#device}}yes{{/device}}{{^device}}no{{/device}}", "no" },
		{ &words_text, "{{#code}}{{#email}}x{{/email}}y{{/code}}z", "yz" },
		{ &words_text, "{{^code}}{{#name}}x{{/name}}y{{/code}}z", "z" },
		{ &words_text, "{{#code}}{{#code}}x{{/code}}{{/code}}", "x" },
		{ &words_text_frame, "{{subject}}|{{content}}", "<s>|<p>{{name}}</p>" },
		{ &words_html_frame, "{{subject}}|{{content}}", "&lt;s&gt;|<p>{{name}}</p>" },
	};
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct template *t = NULL;
		struct str fault = { 0 };
		struct buf b = buf_make(a, 16);

		if (!template_parse(str_from(rows[i].source), 1, rows[i].kind, a, &t, &fault))
			fail_msg("%s: %s", rows[i].source, fault.p);
		template_render(t, words.v, &b);
		assert_str(buf_str(&b), rows[i].wanted);
	}
	arena_free(a);
}

static void refuses(void **state)
{
	static const struct {
		const struct template_kind *kind;
		const char *source, *fault;
	} rows[] = {
		{ &words_text, "{{nobody}}", "line 1: there is no such word: {{nobody}}" },
		{ &words_text, "a\n\n{{Name}}", "line 3: there is no such word: {{Name}}" },
		{ &words_text, "{{}}", "line 1: there is no such word: {{}}" },
		{ &words_text, "{{content}}", "line 1: there is no such word: {{content}}" },
		{ &words_html, "{{subject}}", "line 1: there is no such word: {{subject}}" },
		{ &words_text, "{{{name}}}", "line 1: there is no such word: {{{name}}" },
		{ &words_text, "{{#nobody}}", "line 1: there is no such word: {{#nobody}}" },
		{ &words_text, "{{name", "line 1: a {{ is not followed by }}" },
		{ &words_text, "\n{{na\nme}}", "line 2: a {{ is not followed by }}" },
		{ &words_text, "{{/name}}", "line 1: nothing is open for {{/name}}" },
		{ &words_text, "{{#name}}{{/code}}",
		  "line 1: something else is open at {{/code}}" },
		{ &words_text, "{{#name}}\n", "line 2: something is still open at the end" },
		{ &words_text, "{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}",
		  "line 1: too much is open at {{#name}}" },
		{ &words_text, "a\xff", "line 1: it is not UTF-8" },
	};
	struct arena *a = arena_make(1 << 20, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct template *t = NULL;
		struct str fault = { 0 };

		assert_false(
			template_parse(str_from(rows[i].source), 1, rows[i].kind, a, &t, &fault));
		assert_str(fault, rows[i].fault);
	}
	arena_free(a);
}

/* What others ask for by name, and nothing else. */
static void has_all_mails_in_all_languages(void **state)
{
	struct arena *a = arena_make(1 << 24, NULL, NULL);
	struct conf_faults faults = { 0 };
	struct templates *t = templates_load(STR(""), a, &faults);
	struct mail_template mail = { 0 };

	(void)state;
	assert_non_null(t);
	for (size_t i = 1; i < mail_kind_vocabulary.n; i++)
		for (size_t l = 0; l < LOCALES; l++) {
			struct str name = mail_kind_vocabulary.words[i];

			if (!templates_find(t, locales[l], name, &mail))
				fail_msg("%s/%s", locales[l].p, name.p);
		}
	for (const struct template_source *s = mail_sources; s->path != NULL; s++) {
		struct str rest = str_from(strchr(s->path, '/') + 1), name = { 0 };
		int value = 0;

		str_split(&rest, '.', &name);
		if (!str_eq(name, STR("frame")) &&
		    !vocabulary_find(&mail_kind_vocabulary, name, &value))
			fail_msg("%s is a mail that no mail_kind is", s->path);
	}
	assert_false(templates_find(t, STR("fr"), STR("verify"), &mail));
	assert_false(templates_find(t, STR("en"), STR("frame"), &mail));
	assert_false(templates_find(t, STR("en"), STR(""), &mail));
	assert_false(templates_find(t, STR("en"), STR("verif"), &mail));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders),
		cmocka_unit_test(refuses),
		cmocka_unit_test(has_all_mails_in_all_languages),
	};

	return cmocka_run_group_tests_name("mail_template", tests, NULL, NULL);
}
