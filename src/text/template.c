/* SPDX-License-Identifier: MIT */
#include "text/template.h"

#include <string.h>

enum { DEPTH_MAX = 4, SHOWN = 40 };

enum piece_kind { PIECE_TEXT, PIECE_WORD, PIECE_IF, PIECE_UNLESS, PIECE_END };

struct piece {
	enum piece_kind kind;
	struct str text;
	size_t word; /* its place among the names */
	size_t end;  /* IF, UNLESS: which piece is the END */
};

struct template
{
	const struct template_kind *kind;
	struct piece *pieces;
	size_t n;
};

/* The place where a template is read. */
struct reading {
	struct template *t;
	struct str rest;
	int line;
	size_t open[DEPTH_MAX], depth;
	struct arena *arena;
	struct str *fault;
};

static bool complain(const struct reading *r, const char *what, struct str tag)
{
	struct str shown = { tag.p, tag.n < SHOWN ? tag.n : SHOWN };

	*r->fault = tag.p == NULL ? arena_printf(r->arena, "line %d: %s", r->line, what)
				  : arena_printf(r->arena, "line %d: %s {{%.*s}}", r->line, what,
						 STR_ARG(shown));
	return false;
}

static bool word_find(struct str name, const struct template_kind *kind, size_t *out)
{
	for (size_t i = 0; i < kind->n; i++) {
		if (!str_eq(name, kind->names[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static void add(struct reading *r, struct piece p)
{
	r->t->pieces[r->t->n++] = p;
}

static void add_text(struct reading *r, size_t n)
{
	if (n > 0)
		add(r, (struct piece){ .kind = PIECE_TEXT, .text = { r->rest.p, n } });
	for (size_t i = 0; i < n; i++)
		r->line += r->rest.p[i] == '\n';
	r->rest = str_from_at(r->rest, n);
}

/* Adds the end {{/word}}. */
static bool add_end(struct reading *r, struct str tag, size_t word)
{
	if (r->depth == 0)
		return complain(r, "nothing is open for", tag);

	struct piece *begin = &r->t->pieces[r->open[--r->depth]];

	if (begin->word != word)
		return complain(r, "something else is open at", tag);
	begin->end = r->t->n;
	add(r, (struct piece){ .kind = PIECE_END });
	return true;
}

static bool add_tag(struct reading *r, struct str tag)
{
	static const char marks[] = "#^/";
	enum piece_kind kind = PIECE_WORD;
	struct str name = tag;
	size_t word = 0;

	if (tag.n > 0 && tag.p[0] != '\0' && strchr(marks, tag.p[0]) != NULL) {
		name = str_from_at(tag, 1);
		kind = tag.p[0] == '#' ? PIECE_IF : tag.p[0] == '^' ? PIECE_UNLESS : PIECE_END;
	}
	if (!word_find(str_trim(name), r->t->kind, &word))
		return complain(r, "there is no such word:", tag);
	if (kind == PIECE_END)
		return add_end(r, tag, word);
	if (kind != PIECE_WORD) {
		if (r->depth == DEPTH_MAX)
			return complain(r, "too much is open at", tag);
		r->open[r->depth++] = r->t->n;
	}
	add(r, (struct piece){ .kind = kind, .word = word });
	return true;
}

/* Reads a tag from its "{{" on; false at a fault. */
static bool read_tag(struct reading *r)
{
	const char *end = memmem(r->rest.p, r->rest.n, "}}", 2);
	const char *line = memchr(r->rest.p, '\n', r->rest.n);

	if (end == NULL || (line != NULL && line < end))
		return complain(r, "a {{ is not followed by }}", (struct str){ 0 });

	struct str tag = { r->rest.p + 2, (size_t)(end - r->rest.p) - 2 };

	r->rest = str_from_at(r->rest, tag.n + 4);
	return add_tag(r, tag);
}

static size_t count_tags(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.n; i++)
		n += s.p[i] == '{' && s.p[i + 1] == '{';
	return n;
}

bool template_parse(struct str source, int line, const struct template_kind *kind, struct arena *a,
		    struct template **out, struct str *fault)
{
	struct template *t = arena_new(a, struct template);
	struct reading r = { .t = t, .rest = source, .line = line, .arena = a, .fault = fault };

	if (source.n > TEMPLATE_MAX || !str_utf8(source))
		return complain(&r, source.n > TEMPLATE_MAX ? "it is too long" : "it is not UTF-8",
				(struct str){ 0 });
	t->kind = kind;
	t->pieces = arena_new_array(a, 2 * count_tags(source) + 1, struct piece);
	for (;;) {
		const char *next = r.rest.n == 0 ? NULL : memmem(r.rest.p, r.rest.n, "{{", 2);

		add_text(&r, next == NULL ? r.rest.n : (size_t)(next - r.rest.p));
		if (next == NULL)
			break;
		if (!read_tag(&r))
			return false;
	}
	if (r.depth > 0)
		return complain(&r, "something is still open at the end", (struct str){ 0 });
	*out = t;
	return true;
}

/* The escape of a character that means something in HTML, in text and in attributes. */
static struct str escaped(char c)
{
	switch (c) {
	case '&':
		return STR("&amp;");
	case '<':
		return STR("&lt;");
	case '>':
		return STR("&gt;");
	case '"':
		return STR("&quot;");
	case '\'':
		return STR("&#39;");
	default:
		return (struct str){ 0 };
	}
}

/*
 * The length of a character that a value may not have: C0, DEL or C1, the last as two bytes; else
 * 0.
 */
static size_t control(struct str v, size_t i)
{
	unsigned char c = (unsigned char)v.p[i];

	if (c < 0x20 || c == 0x7f)
		return 1;
	return c == 0xc2 && i + 1 < v.n && (unsigned char)v.p[i + 1] < 0xa0 ? 2 : 0;
}

static void add_value(struct str v, bool escape, struct buf *out)
{
	for (size_t i = 0; i < v.n; i++) {
		size_t n = control(v, i);
		struct str e = escape ? escaped(v.p[i]) : (struct str){ 0 };

		if (n > 0) {
			buf_char(out, ' ');
			i += n - 1;
		} else if (e.p != NULL) {
			buf_add(out, e);
		} else {
			buf_char(out, v.p[i]);
		}
	}
}

void template_render(const struct template *t, const struct str *values, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->pieces[i];
		struct str v = values[p->word];

		switch (p->kind) {
		case PIECE_TEXT:
			buf_add(out, p->text);
			break;
		case PIECE_WORD:
			if (p->word == t->kind->whole)
				buf_add(out, v);
			else
				add_value(v, t->kind->html, out);
			break;
		case PIECE_IF:
		case PIECE_UNLESS:
			if ((v.n > 0) != (p->kind == PIECE_IF))
				i = p->end;
			break;
		case PIECE_END:
			break;
		}
	}
}
