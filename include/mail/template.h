/* SPDX-License-Identifier: MIT */
/*
 * Templates: text with {{word}}, {{#word}}...{{/word}} for what is there only when the word is not
 * empty, and {{^word}}...{{/word}} for when it is. Nothing else; there is no code in them.
 */
#pragma once

#include "base/buf.h"

enum word {
#define WORD(NAME, name) WORD_##NAME,
#include "mail/words.def"
#undef WORD
	WORDS
};

/* The values; null is empty. */
struct words {
	struct str v[WORDS];
};

/* HTML: values are escaped. In a frame, and only there, {{subject}} and {{content}} are known, and
 * the latter stays as it is. */
enum template_form { TEMPLATE_TEXT, TEMPLATE_HTML, TEMPLATE_TEXT_FRAME, TEMPLATE_HTML_FRAME };

enum { TEMPLATE_MAX = 65536 /* bytes */ };

struct template;

/*
 * Takes a template apart; it points into `source`, whose first line has that number. False when it
 * is not valid UTF-8, or too long, or says what there is not: *fault then tells in which line.
 */
bool template_parse(struct str source, int line, enum template_form form, struct arena *a,
		    struct template **out, struct str *fault);

/* Appends it with these values. Control characters in them become spaces. */
void template_render(const struct template *t, const struct words *words, struct buf *out);
