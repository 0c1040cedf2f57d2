/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events go one at a time, straight into the settings. Its document loader would resolve
 * aliases and tags; here they are refused where they stand.
 */
#include "conf/yaml.h"

#include <yaml.h>

#include <stdarg.h>
#include <string.h>

enum {
	DEPTH_MAX = 4,	 /* the deepest setting is two maps down */
	NESTED_MAX = 64, /* a refused node is read to its end, if it is no deeper than this */
	FAULTS_MAX = 40	 /* the wrong file altogether would give thousands */
};

/* A key that was seen: YAML 1.2 section 3.2.1.1 wants them unique. */
struct seen {
	const struct seen *next;
	struct str path;
	size_t line;
};

struct reader {
	yaml_parser_t parser;
	const struct conf_target *to;
	struct str name, text;
	const struct seen *seen;
	size_t faults;
	bool ended; /* by a syntax error or too many faults */
};

/* An event, copied, so that nothing of libyaml's has to be released anywhere else. */
struct node {
	yaml_event_type_t type;
	size_t line;
	struct str text; /* of a scalar */
	bool plain;	 /* a scalar without quotes */
	bool anchor, tag;
};

static void delete_parser(void *parser)
{
	yaml_parser_delete(parser);
}

__attribute__((format(printf, 3, 4))) static void fault(struct reader *r, size_t line,
							const char *format, ...)
{
	struct arena *a = r->to->arena;
	va_list args;

	if (r->ended)
		return;
	va_start(args, format);
	struct str what = arena_vprintf(a, format, args);
	va_end(args);
	conf_fault_add(r->to->faults, a, "%s:%zu: %s", r->name.p, line, what.p);
	if (++r->faults < FAULTS_MAX)
		return;
	conf_fault_add(r->to->faults, a, "%s: too many faults, the rest is not read", r->name.p);
	r->ended = true;
}

static size_t lines_before(struct str text, size_t offset)
{
	size_t n = 0;

	for (size_t i = 0; i < offset && i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

/* Adds libyaml's complaint about the syntax; it names no content. */
static void syntax_fault(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;

	if (p->error == YAML_MEMORY_ERROR)
		arena_exhausted(r->to->scratch);
	if (p->error == YAML_READER_ERROR)
		fault(r, lines_before(r->text, p->problem_offset) + 1, "not YAML: %s", p->problem);
	else
		fault(r, p->problem_mark.line + 1, "not YAML: %s%s%s",
		      p->context == NULL ? "" : p->context, p->context == NULL ? "" : ", ",
		      p->problem);
	r->ended = true;
}

static struct str copy(struct reader *r, const yaml_char_t *text, size_t n)
{
	return arena_dup(r->to->scratch, (struct str){ (const char *)text, n });
}

/* The next event; false once there is nothing more to read. */
static bool take(struct reader *r, struct node *out)
{
	yaml_event_t e = { 0 };

	if (r->ended)
		return false;
	if (!yaml_parser_parse(&r->parser, &e)) {
		syntax_fault(r);
		return false;
	}
	*out = (struct node){ .type = e.type, .line = e.start_mark.line + 1 };
	if (e.type == YAML_SCALAR_EVENT) {
		out->text = copy(r, e.data.scalar.value, e.data.scalar.length);
		out->plain = e.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		out->anchor = e.data.scalar.anchor != NULL;
		out->tag = e.data.scalar.tag != NULL;
	} else if (e.type == YAML_MAPPING_START_EVENT) {
		out->anchor = e.data.mapping_start.anchor != NULL;
		out->tag = e.data.mapping_start.tag != NULL;
	}
	yaml_event_delete(&e);
	return true;
}

static bool starts(const struct node *n)
{
	return n->type == YAML_MAPPING_START_EVENT || n->type == YAML_SEQUENCE_START_EVENT;
}

static bool ends(const struct node *n)
{
	return n->type == YAML_MAPPING_END_EVENT || n->type == YAML_SEQUENCE_END_EVENT;
}

/* Leaves out a node with all that is in it. libyaml looks at all open nodes with each token. */
static void skip(struct reader *r, const struct node *first)
{
	struct node n = *first;

	for (size_t depth = starts(first); depth > 0 && take(r, &n);) {
		depth = depth + starts(&n) - ends(&n);
		if (depth < NESTED_MAX)
			continue;
		fault(r, n.line, "nested too deep, the rest is not read");
		r->ended = true;
	}
}

/* The fault of a node before its content is looked at; NULL when there is none. */
static const char *refusal(const struct node *n)
{
	if (n->type == YAML_ALIAS_EVENT)
		return "aliases (*name) are not allowed; write the value out";
	if (n->type == YAML_SEQUENCE_START_EVENT)
		return "lists are not allowed; no setting is one";
	if (n->anchor)
		return "anchors (&name) are not allowed";
	if (n->tag)
		return "tags (!name) are not allowed";
	return NULL;
}

/* "", "~" and "null": what YAML calls null. */
static bool empty(const struct node *n)
{
	return n->plain &&
	       (n->text.n == 0 || str_eq(n->text, STR("~")) || str_eq_nocase(n->text, STR("null")));
}

static void unknown(struct reader *r, struct str path, const struct node *value)
{
	struct arena *a = r->to->arena;
	const struct setting *near = setting_nearest(path);
	struct str key = setting_quote(path, a);

	/* A section whose lines are all commented out has no value, and is fine. */
	if (setting_section(path) && empty(value))
		return;
	if (setting_section(path))
		fault(r, value->line, "%s: must be a map of settings, not one value", key.p);
	else if (near != NULL)
		fault(r, value->line, "%s: unknown key; did you mean %s?", key.p, near->key.p);
	else
		fault(r, value->line, "%s: unknown key; \"postern config\" lists all", key.p);
}

static void scalar(struct reader *r, struct str path, const struct node *value)
{
	const struct conf_target *to = r->to;
	const struct setting *s = setting_find(path);

	if (s == NULL)
		return unknown(r, path, value);

	if (empty(value))
		return fault(r, value->line, "%s: has no value; must be %s", s->key.p,
			     setting_expects(s, to->arena).p);
	/* Quotes make a value text, and text is no number. */
	if (!value->plain && (s->kind == SETTING_INT || s->kind == SETTING_BOOL))
		return fault(r, value->line, "%s: must be %s, without quotes", s->key.p,
			     setting_expects(s, to->arena).p);

	struct str wrong = setting_set(s, value->text, to->arena, to->out);

	if (wrong.p != NULL)
		fault(r, value->line, "%s: %s", s->key.p, wrong.p);
}

/* Remembers a key; false, with a fault, when it was there before. */
static bool first_time(struct reader *r, struct str path, size_t line)
{
	for (const struct seen *s = r->seen; s != NULL; s = s->next) {
		if (!str_eq(s->path, path))
			continue;
		fault(r, line, "%s: already given in line %zu", setting_quote(path, r->to->arena).p,
		      s->line);
		return false;
	}

	struct seen *s = arena_new(r->to->scratch, struct seen);

	*s = (struct seen){ r->seen, path, line };
	r->seen = s;
	return true;
}

/* "prefix.key", which is not made by printf, for a key may hold NUL. */
static struct str join(struct reader *r, struct str prefix, struct str key)
{
	if (prefix.n == 0)
		return key;

	char *p = arena_alloc(r->to->scratch, prefix.n + key.n + 2);

	memcpy(p, prefix.p, prefix.n);
	p[prefix.n] = '.';
	memcpy(p + prefix.n + 1, key.p, key.n);
	return (struct str){ p, prefix.n + 1 + key.n };
}

static void map(struct reader *r, struct str prefix, int depth);

/* Takes the value behind a key. */
static void pair(struct reader *r, struct str path, struct node *value, int depth)
{
	const char *refused = refusal(value);
	const struct setting *s = setting_find(path);
	struct arena *a = r->to->arena;

	if (refused != NULL) {
		fault(r, value->line, "%s: %s", setting_quote(path, a).p, refused);
		return skip(r, value);
	}
	if (!first_time(r, path, value->line))
		return skip(r, value);
	if (value->type == YAML_SCALAR_EVENT)
		return scalar(r, path, value);
	if (s != NULL) {
		/* The content of the map stays untold: it may be a secret with a space too many. */
		fault(r, value->line, "%s: must be %s, not a map", s->key.p,
		      setting_expects(s, a).p);
		return skip(r, value);
	}
	if (depth == DEPTH_MAX) {
		fault(r, value->line, "%s: nested too deep", setting_quote(path, a).p);
		return skip(r, value);
	}
	map(r, path, depth + 1);
}

static void map(struct reader *r, struct str prefix, int depth)
{
	struct node key = { 0 }, value = { 0 };

	while (take(r, &key) && key.type != YAML_MAPPING_END_EVENT) {
		bool usable = key.type == YAML_SCALAR_EVENT && refusal(&key) == NULL;

		if (!usable) {
			fault(r, key.line, "a key must be plain text");
			skip(r, &key);
		}
		if (!take(r, &value))
			return;
		/* "key:" ends where the next key starts; the fault belongs to the key's line. */
		value.line = key.line;
		if (usable)
			pair(r, join(r, prefix, key.text), &value, depth);
		else
			skip(r, &value);
	}
}

static void root(struct reader *r, const struct node *n)
{
	const char *refused = refusal(n);

	if (n->type == YAML_SCALAR_EVENT && empty(n) && refused == NULL)
		return;
	if (n->type == YAML_MAPPING_START_EVENT && refused == NULL)
		return map(r, STR(""), 1);
	fault(r, n->line, "%s", refused != NULL ? refused : "must be a map: \"key: value\" lines");
	skip(r, n);
}

static void document(struct reader *r)
{
	struct node n = { 0 };

	/* The stream starts; a text with nothing but comments has no document at all. */
	if (!take(r, &n) || !take(r, &n) || n.type != YAML_DOCUMENT_START_EVENT)
		return;
	if (!take(r, &n))
		return;
	root(r, &n);
	if (!take(r, &n) || !take(r, &n))
		return;
	if (n.type != YAML_STREAM_END_EVENT)
		fault(r, n.line, "only one document is allowed in a file");
}

void conf_yaml(struct str name, struct str text, const struct conf_target *t)
{
	struct reader *r = arena_new(t->scratch, struct reader);

	*r = (struct reader){ .to = t, .name = name, .text = text };
	if (!yaml_parser_initialize(&r->parser))
		arena_exhausted(t->scratch);
	arena_defer(t->scratch, delete_parser, &r->parser);
	/* A byte order mark would otherwise choose UTF-16, with line numbers that mean nothing. */
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.p, text.n);
	document(r);
}
