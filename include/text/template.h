/* SPDX-License-Identifier: MIT */
/*
 * Templates: text with {{word}}, {{#word}}...{{/word}} for what is there only when the word is not
 * empty, and {{^word}}...{{/word}} for when it is. Nothing else; there is no code in them. Which
 * words there are their owner says.
 */
#pragma once

#include "base/buf.h"

/* What the templates of one kind may say, and where their text goes. */
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
 * False when it is not valid UTF-8, or too long, or says what there is not: *fault then tells in
 * which line.
 */
bool template_parse(struct str source, int line, const struct template_kind *kind, struct arena *a,
		    struct template **out, struct str *fault);

/* Appends it with these values, one for each name; null is empty. Control characters in them become
 * spaces. */
void template_render(const struct template *t, const struct str *values, struct buf *out);
