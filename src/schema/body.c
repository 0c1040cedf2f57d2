/* SPDX-License-Identifier: MIT */
/*
 * Parsing of a body's bytes to a JSON object. Jansson decides what is valid; a walk over the bytes
 * before it bounds the depth (jansson's own limit is 2048, deeper than a task's stack is meant
 * for), and a walk up to its complaint finds the pointer, which jansson does not give.
 */
#include "schema/body.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/wipe.h"

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

/* Notes a string from i to end: a name if one is due and the string is closed. */
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
 * Jansson frees its copies; passwords must not stay behind in the heap. And where it finds no
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

/* The pointer to a place, as far in as the names can be read. */
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

struct complaint {
	/*
	 * ERR_BAD_JSON: the body is none (RFC 8259). ERR_INVALID: it is JSON, but nothing that is
	 * taken.
	 */
	enum err err;
	const char *what;
};

/* Adds the one fault of a body, seen once `seen` bytes of it were read. */
static enum err refuse(struct str body, size_t seen, struct complaint c, struct arena *a,
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
	fault_add(f, a, trail_pointer(&trail, a), "%s (line %zu, column %zu)", c.what, line,
		  str_chars(str_from_at(before, start)));
	return c.err;
}

/*
 * Jansson's own words quote the input, and the input may be a password. A half of a surrogate pair
 * has no code of its own there; by RFC 8259 section 8.2 it is JSON, and no text.
 */
static struct complaint complaint(const json_error_t *error)
{
	static const char half[] = "invalid Unicode '";

	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return (struct complaint){ ERR_BAD_JSON, "this is not UTF-8" };
	case json_error_premature_end_of_input:
		return (struct complaint){ ERR_BAD_JSON, "the JSON ends too early" };
	case json_error_end_of_input_expected:
		return (struct complaint){ ERR_BAD_JSON, "nothing may follow the JSON" };
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return (struct complaint){ ERR_INVALID, "NUL is not allowed" };
	case json_error_duplicate_key:
		return (struct complaint){ ERR_INVALID, "a member is given twice" };
	case json_error_numeric_overflow:
		return (struct complaint){ ERR_INVALID, "the number is too large" };
	default:
		if (strncmp(error->text, half, sizeof half - 1) == 0)
			return (struct complaint){ ERR_INVALID, "this is half a character" };
		return (struct complaint){ ERR_BAD_JSON, "this is not JSON" };
	}
}

/* Tells the faults that need no parser; OK leaves the rest to it. */
static enum err body_scan(struct str body, struct arena *a, struct faults *f)
{
	static const struct complaint nul = { ERR_BAD_JSON, "NUL is not allowed" };
	static const struct complaint deep = { ERR_INVALID, "the JSON is nested too deeply" };
	const char *at = body.n == 0 ? NULL : memchr(body.p, '\0', body.n);
	struct trail trail = { 0 };
	size_t blank = 0, walked = 0;

	while (blank < body.n && memchr(" \t\r\n", body.p[blank], 4) != NULL)
		blank++;
	if (blank == body.n) {
		fault_add(f, a, STR(""), "the body must be a JSON object");
		return ERR_BAD_JSON;
	}
	if (at != NULL)
		return refuse(body, (size_t)(at - body.p) + 1, nul, a, f);
	walked = trail_walk(&trail, body);
	return walked == body.n ? OK : refuse(body, walked + 1, deep, a, f);
}

enum err body_parse(struct str body, struct arena *a, struct faults *f, json_t **out)
{
	const struct str mark = STR("\xef\xbb\xbf");
	json_error_t error = { 0 };

	/* RFC 8259 section 8.1: a byte order mark may be ignored. */
	if (str_starts(body, mark))
		body = str_from_at(body, mark.n);
	TRY(body_scan(body, a, f));

	json_t *root = load(body, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, a, &error);

	if (root != NULL && json_is_object(root)) {
		*out = root;
		return OK;
	}
	if (root != NULL) {
		fault_add(f, a, STR(""), "the body must be a JSON object");
		return ERR_INVALID;
	}

	size_t seen = (size_t)error.position + (json_error_code(&error) == json_error_invalid_utf8);
	struct complaint c = complaint(&error);

	explicit_bzero(&error, sizeof error);
	return refuse(body, seen < body.n ? seen : body.n, c, a, f);
}
