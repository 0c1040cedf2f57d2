/* SPDX-License-Identifier: MIT */
/*
 * One field: the value that the request has for it, whether that may be, and its place in the
 * struct.
 */
#include "schema/given.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "schema/pattern.h"
#include "text/email.h"

static struct given given_number_text(struct str text)
{
	struct given g = { .type = GIVEN_NUMBER };
	bool negative = str_starts(text, STR("-"));
	struct str digits = str_from_at(text, negative);

	if (str_to_i64(text, INT64_MIN, INT64_MAX, &g.number))
		return g;
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return (struct given){ .type = GIVEN_OTHER };
	if (digits.n == 0)
		return (struct given){ .type = GIVEN_OTHER };
	return (struct given){ .type = GIVEN_HUGE, .number = negative ? INT64_MIN : INT64_MAX };
}

struct given given_text(const struct field *f, struct str text)
{
	switch (f->kind) {
	case KIND_I32:
	case KIND_I64:
		return given_number_text(text);
	case KIND_BOOL:
		if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
			return (struct given){ .type = GIVEN_FLAG, .flag = text.p[0] == 't' };
		return (struct given){ .type = GIVEN_OTHER };
	default:
		return (struct given){ .type = GIVEN_TEXT, .text = text };
	}
}

struct given given_json(const json_t *v)
{
	if (v == NULL)
		return (struct given){ .type = GIVEN_NOTHING };
	switch (json_typeof(v)) {
	case JSON_NULL:
		return (struct given){ .type = GIVEN_NOTHING };
	case JSON_STRING:
		return (struct given){ .type = GIVEN_TEXT,
				       .text = { json_string_value(v), json_string_length(v) } };
	case JSON_INTEGER:
		return (struct given){ .type = GIVEN_NUMBER, .number = json_integer_value(v) };
	case JSON_TRUE:
	case JSON_FALSE:
		return (struct given){ .type = GIVEN_FLAG, .flag = json_is_true(v) };
	case JSON_ARRAY:
		return (struct given){ .type = GIVEN_LIST, .json = v };
	case JSON_OBJECT:
		return (struct given){ .type = GIVEN_OBJECT, .json = v };
	default:
		return (struct given){ .type = GIVEN_OTHER };
	}
}

/* bound: "be at least" */
static struct str counted(struct arena *a, const char *bound, int64_t n, const char *unit)
{
	return arena_printf(a, "must %s %" PRId64 " %s%s", bound, n, unit, n == 1 ? "" : "s");
}

static struct str text_fault(const struct field *f, struct str s, struct arena *a)
{
	int64_t chars = (int64_t)str_chars(s);

	if (chars == 0 && f->min > 0 && !f->optional)
		return STR("is required");
	if (chars < f->min)
		return counted(a, "be at least", f->min, "character");
	if (f->max > 0 && chars > f->max)
		return counted(a, "be at most", f->max, "character");
	if (f->max_bytes > 0 && s.n > (size_t)f->max_bytes)
		return counted(a, "be at most", f->max_bytes, "byte");
	if (f->format == FORMAT_TEXT && !str_shown(s))
		return STR("must not contain control or invisible characters");
	if (f->pattern != NULL && !pattern_match(f->pattern, s.p, a))
		return arena_printf(a, "must match %s", f->pattern);
	return (struct str){ 0 };
}

static struct str take_text(const struct given *g, const struct field *f, struct arena *a, void *at)
{
	if (g->type != GIVEN_TEXT)
		return STR("must be a string");

	struct str text = arena_dup(a, g->text);
	struct str fault = text_fault(f, text, a);

	if (fault.p != NULL)
		return fault;
	if (f->kind == KIND_SECRET)
		memcpy(at, &(struct secret){ text.p, text.n }, sizeof(struct secret));
	else
		memcpy(at, &text, sizeof text);
	return (struct str){ 0 };
}

static struct str take_email(const struct given *g, const struct field *f, struct arena *a,
			     void *at)
{
	if (g->type != GIVEN_TEXT)
		return STR("must be a string");

	struct email email = { .text = arena_dup(a, g->text) };
	struct str fault = text_fault(f, email.text, a);

	if (fault.p != NULL)
		return fault;
	if (!email_key(email.text, a, &email.key))
		return STR("must be a valid email address");
	memcpy(at, &email, sizeof email);
	return (struct str){ 0 };
}

static struct str take_word(const struct given *g, const struct field *f, struct arena *a, void *at)
{
	int value = 0;

	if (g->type != GIVEN_TEXT)
		return STR("must be a string");
	if (!vocabulary_find(f->words, g->text, &value))
		return arena_printf(a, "must be one of %s", vocabulary_list(f->words, a).p);
	memcpy(at, &value, sizeof value);
	return (struct str){ 0 };
}

static struct str list_fault(const struct given *g, const struct field *f, struct arena *a)
{
	if (g->type != GIVEN_LIST)
		return STR("must be a list");

	int64_t n = (int64_t)json_array_size(g->json);

	if (n < f->min_items)
		return counted(a, "have at least", f->min_items, "item");
	if (n > f->max_items)
		return counted(a, "have at most", f->max_items, "item");
	return (struct str){ 0 };
}

static void number_write(const struct field *f, int64_t v, void *at)
{
	if (f->kind == KIND_I32)
		memcpy(at, &(int32_t){ (int32_t)v }, sizeof(int32_t));
	else
		memcpy(at, &v, sizeof v);
}

static struct str take_number(const struct given *g, const struct field *f, struct arena *a,
			      void *at)
{
	int64_t widest = f->kind == KIND_I32 ? INT32_MAX : INT64_MAX;
	int64_t max = f->max != 0 ? f->max : widest;

	if (g->type != GIVEN_NUMBER && g->type != GIVEN_HUGE)
		return STR("must be a whole number");
	if (g->type == GIVEN_NUMBER && g->number >= f->min && g->number <= max) {
		number_write(f, g->number, at);
		return (struct str){ 0 };
	}
	if (f->max != 0)
		return arena_printf(a, "must be between %" PRId64 " and %" PRId64, f->min, max);
	if (g->number <= f->min)
		return arena_printf(a, "must be at least %" PRId64, f->min);
	return arena_printf(a, "must be at most %" PRId64, max);
}

static struct str take_flag(const struct given *g, void *at)
{
	if (g->type != GIVEN_FLAG)
		return STR("must be true or false");
	memcpy(at, &g->flag, sizeof g->flag);
	return (struct str){ 0 };
}

static struct str take_uuid(const struct given *g, void *at)
{
	struct uuid id = { 0 };

	if (g->type != GIVEN_TEXT || !uuid_parse(g->text, &id))
		return STR("must be a UUID");
	/*
	 * The nil UUID stands for "none" in here. As the name of a resource it is an id like others
	 * that nothing has.
	 */
	if (uuid_none(id) && !g->in_path)
		return STR("must not be the nil UUID");
	memcpy(at, &id, sizeof id);
	return (struct str){ 0 };
}

static struct str take_instant(const struct given *g, void *at)
{
	struct instant t = { 0 };

	if (g->type != GIVEN_TEXT || !instant_parse(g->text, &t))
		return STR("must be an instant such as 2026-11-22T12:34:56Z");
	memcpy(at, &t, sizeof t);
	return (struct str){ 0 };
}

/* The member is zero so far, which is null for texts and ids. */
static struct str take_nothing(const struct field *f, void *at)
{
	const struct instant never = INSTANT_NONE;
	bool on = f->preset != 0;

	if (!f->optional)
		return STR("is required");
	if (f->kind == KIND_I32 || f->kind == KIND_I64)
		number_write(f, f->preset, at);
	if (f->kind == KIND_BOOL)
		memcpy(at, &on, sizeof on);
	if (f->kind == KIND_INSTANT)
		memcpy(at, &never, sizeof never);
	return (struct str){ 0 };
}

struct str given_take(const struct given *g, const struct field *f, struct arena *a, void *out)
{
	const bool given = true;
	void *at = (char *)out + f->offset;

	if (g->type == GIVEN_TWICE)
		return STR("is given twice");
	if (g->type == GIVEN_GARBLED)
		return STR("must be percent-encoded UTF-8");
	if (g->type == GIVEN_REMOVAL)
		return STR("cannot be removed");
	if (g->type == GIVEN_NOTHING)
		return take_nothing(f, at);
	if (f->given != 0)
		memcpy((char *)out + f->given, &given, sizeof given);
	switch (f->kind) {
	case KIND_STR:
	case KIND_SECRET:
		return take_text(g, f, a, at);
	case KIND_I32:
	case KIND_I64:
		return take_number(g, f, a, at);
	case KIND_BOOL:
		return take_flag(g, at);
	case KIND_UUID:
		return take_uuid(g, at);
	case KIND_INSTANT:
		return take_instant(g, at);
	case KIND_ENUM:
		return take_word(g, f, a, at);
	case KIND_EMAIL:
		return take_email(g, f, a, at);
	case KIND_LIST:
		return list_fault(g, f, a);
	case KIND_OBJECT:
		if (g->type != GIVEN_OBJECT)
			return STR("must be an object");
		break;
	}
	return (struct str){ 0 };
}
