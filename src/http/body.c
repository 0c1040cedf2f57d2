/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a body to a JSON object. Jansson decides what is valid; a walk over the bytes
 * before it bounds the depth (jansson's own limit is 2048, deeper than a task's stack is meant
 * for), and a walk up to its complaint finds the pointer, which jansson does not give.
 */
#include <string.h>

#include "base/wipe.h"
#include "http/json_parts.h"

enum {
	DEPTH_MAX = 32,
	JSON_TIMES = 32 /* bytes that jansson takes for one of the text, at most: "[0,0,0" */
};

/* The open containers at a place in the text, outermost first. */
struct trail {
	size_t depth;
	struct level {
		bool array;
		bool naming;	/* in an object: the next string is a name */
		struct str key; /* raw, quotes and all; null before the first one is complete */
		size_t index;
	} levels[DEPTH_MAX];
};

/* The end of the string that starts at i, quotes included; n when it is not closed before. */
static size_t string_end(struct str s, size_t i)
{
	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* A string from i to end: a name if one is due and the string is closed. */
static void trail_string(struct trail *t, struct str s, size_t i, size_t end)
{
	struct level *top = t->depth > 0 ? &t->levels[t->depth - 1] : NULL;

	if (top == NULL || !top->naming || end - i < 2 || s.p[end - 1] != '"')
		return;
	top->key = (struct str){ s.p + i, end - i };
	top->naming = false;
}

static void trail_comma(struct trail *t)
{
	if (t->depth == 0)
		return;

	struct level *top = &t->levels[t->depth - 1];

	top->index++;
	top->naming = !top->array;
	top->key = (struct str){ 0 };
}

/* Walks over s. Returns its length, or the place of a bracket that goes too deep. */
static size_t trail_walk(struct trail *t, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '"': {
			size_t end = string_end(s, i);

			trail_string(t, s, i, end);
			i = end - 1;
			break;
		}
		case '{':
		case '[':
			if (t->depth == DEPTH_MAX)
				return i;
			t->levels[t->depth++] = (struct level){ .array = s.p[i] == '[',
								.naming = s.p[i] == '{' };
			break;
		case '}':
		case ']':
			t->depth -= t->depth > 0;
			break;
		case ',':
			trail_comma(t);
			break;
		default:
			break;
		}
	}
	return s.n;
}

static void release(void *json)
{
	json_decref(json);
}

/*
 * Jansson frees what it copied; passwords must not stay behind in the heap. And where it finds no
 * memory it may leave out a byte of a string and go on, or fail an assertion.
 */
static json_t *load(struct str text, size_t flags, struct arena *a, json_error_t *error)
{
	json_set_alloc_funcs(wipe_malloc, wipe_free);
	if (!wipe_begin(text.n * JSON_TIMES + 4096))
		arena_exhausted(a);

	json_t *json = json_loadb(text.p, text.n, flags, error);

	arena_defer(a, release, json);
	if (wipe_short())
		arena_exhausted(a);
	return json;
}

/* The text of a raw key; the null str when it is malformed or too long to be told. */
static struct str key_text(struct str raw, struct arena *a)
{
	if (raw.p == NULL || raw.n > NAME_SHOWN)
		return (struct str){ 0 };

	json_t *key = load(raw, JSON_DECODE_ANY, a, NULL);

	if (key == NULL)
		return (struct str){ 0 };
	return arena_dup(a, (struct str){ json_string_value(key), json_string_length(key) });
}

struct str pointer_step(struct str prefix, struct str name, struct arena *a)
{
	struct buf b = buf_make(a, prefix.n + name.n + 8);

	buf_add(&b, prefix);
	buf_char(&b, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~')
			buf_add(&b, STR("~0"));
		else if (name.p[i] == '/')
			buf_add(&b, STR("~1"));
		else
			buf_char(&b, name.p[i]);
	}
	return buf_str(&b);
}

/* As far in as the names can be read. */
static struct str trail_pointer(const struct trail *t, struct arena *a)
{
	struct str pointer = STR("");

	for (size_t i = 0; i < t->depth; i++) {
		const struct level *l = &t->levels[i];
		struct str step = l->array ? arena_printf(a, "%zu", l->index) : key_text(l->key, a);

		if (step.p == NULL)
			break;
		pointer = pointer_step(pointer, step, a);
	}
	return pointer;
}

/* Adds the one fault of a malformed body, seen once `seen` bytes of it were read. */
static enum err malformed(struct str body, size_t seen, const char *what, struct arena *a,
			  struct faults *f)
{
	struct trail trail = { 0 };
	struct str before = { body.p, seen };
	size_t line = 1, start = 0;

	trail_walk(&trail, before);
	for (size_t i = 0; i + 1 < before.n; i++) {
		if (before.p[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	fault_add(f, a, trail_pointer(&trail, a), "%s (line %zu, column %zu)", what, line,
		  str_chars(str_from_at(before, start)));
	return ERR_BAD_JSON;
}

/* Jansson's own words quote the input, and the input may be a password. */
static const char *complaint(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "this is not UTF-8";
	case json_error_premature_end_of_input:
		return "the JSON ends too early";
	case json_error_end_of_input_expected:
		return "nothing may follow the object";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "NUL is not allowed";
	case json_error_duplicate_key:
		return "a member is given twice";
	case json_error_numeric_overflow:
		return "the number is too large";
	default:
		return "this is not JSON";
	}
}

/* What can be told without a parser; OK leaves the rest to it. */
static enum err body_scan(struct str body, struct arena *a, struct faults *f)
{
	struct trail trail = { 0 };
	size_t blank = 0;

	while (blank < body.n && strchr(" \t\r\n", body.p[blank]) != NULL && body.p[blank] != '\0')
		blank++;
	if (blank == body.n || body.p[blank] != '{') {
		fault_add(f, a, STR(""), "the body must be a JSON object");
		return ERR_BAD_JSON;
	}

	const char *nul = memchr(body.p, '\0', body.n);

	if (nul != NULL)
		return malformed(body, (size_t)(nul - body.p) + 1, "NUL is not allowed", a, f);

	size_t walked = trail_walk(&trail, body);

	if (walked < body.n)
		return malformed(body, walked + 1, "the JSON is nested too deeply", a, f);
	return OK;
}

enum err body_parse(struct str body, struct arena *a, struct faults *f, json_t **out)
{
	json_error_t error = { 0 };

	TRY(body_scan(body, a, f));

	json_t *root = load(body, JSON_REJECT_DUPLICATES, a, &error);

	if (root != NULL) {
		*out = root;
		return OK;
	}

	enum json_error_code code = json_error_code(&error);
	size_t seen = (size_t)error.position + (code == json_error_invalid_utf8);

	explicit_bzero(&error, sizeof error);
	return malformed(body, seen < body.n ? seen : body.n, complaint(code), a, f);
}
