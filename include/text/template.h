/* SPDX-License-Identifier: MIT */
/*
 * Templates: text with {{word}}, {{#word}}...{{/word}} for a part that is there only when the word
 * is not empty, and {{^word}}...{{/word}} for one that is there only when it is. Templates have
 * nothing else, and no code in them. Their owner says which words there are.
 */
#pragma once

#include "base/buf.h"

/* A kind of templates: the words that they may use, and where their text goes. */
struct template_kind {
	const struct str *names; /* of the words; a value has the same place */
	size_t n;
	bool html;    /* values are escaped, for text and attributes in quotes */
	size_t whole; /* the word that is text of a template already, and stays as it is; n: none */
};

enum { TEMPLATE_MAX = 65536 /* bytes */ };

struct template;

/* A file of a folder of templates, carried in the binary; the last one has no path. Made when the
 * program is built. */
struct template_source {
	const char *path;
	const char *text;
};

/*
 * Takes a template apart; it points into `source`, whose first line has that number, and at `kind`.
 * False when it is not valid UTF-8, or too long, or its tags are wrong: *fault then tells in which
 * line.
 */
bool template_parse(struct str source, int line, const struct template_kind *kind, struct arena *a,
		    struct template **out, struct str *fault);

/*
 * Appends a template with these values, one for each name; null is empty. Control characters in the
 * values become spaces.
 */
void template_render(const struct template *t, const struct str *values, struct buf *out);
