/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a template with hostile values, and what comes out of it as a mail: no crash, no
 * header but ours, nothing that is not ASCII, no line longer than mail may have.
 */
#include <stdlib.h>
#include <string.h>

#include "mail/message.h"
#include "mail/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 9, LINE_MAX = 998 /* RFC 5322 section 2.1.1 */ };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(struct str mail)
{
	size_t headers = 0, line = 0;
	bool head = true;

	for (size_t i = 0; i < mail.n; i++) {
		unsigned char c = (unsigned char)mail.p[i];

		must(c < 0x80 && c != '\0');
		must((c == '\n') == (i > 0 && mail.p[i - 1] == '\r'));
		if (line == 0 && head && c != '\r' && c != ' ')
			headers++;
		if (line == 0 && c == '\r')
			head = false;
		line = c == '\n' ? 0 : line + 1;
		must(line <= LINE_MAX);
	}
	must(headers == HEADERS && line == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct template_kind *const kinds[] = { &words_text, &words_html,
							     &words_text_frame, &words_html_frame };
	struct arena *a = arena_make(1 << 26, NULL, NULL);
	struct str all = { (const char *)data, size }, template = { 0 };
	struct words words = { 0 };
	struct template *t = NULL;
	struct str fault = { 0 };

	/* In front of the first NUL the template, behind it the values. */
	str_split(&all, '\0', &template);
	for (size_t i = 0; i < WORDS; i++)
		words.v[i] = str_utf8(all) ? all : STR("\r\nBcc: x <b>");
	for (size_t i = 0; size > 0 && size < 4096 && i < sizeof kinds / sizeof *kinds; i++) {
		struct buf text = buf_make(a, 256), mail = buf_make(a, 1024);

		if (!template_parse(template, 1, kinds[i], a, &t, &fault)) {
			must(fault.n > 0 && fault.n < 200);
			continue;
		}
		template_render(t, words.v, &text);

		struct message m = { .from = { buf_str(&text), STR("a@b") },
				     .to = STR("c@d"),
				     .subject = buf_str(&text),
				     .text = buf_str(&text),
				     .html = buf_str(&text),
				     .language = STR("en") };

		must(message_write(&m, &mail));
		check(buf_str(&mail));
	}
	arena_free(a);
	return 0;
}
