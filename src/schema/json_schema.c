/* SPDX-License-Identifier: MIT */
/* The rules that given.c checks and json_encode.c writes by, said in JSON Schema 2020-12. */
#include "schema/json.h"

#include <jansson.h>

/* A schema being made; one failed allocation spoils it. */
struct draft {
	json_t *schema;
	bool failed;
};

static void put(struct draft *d, const char *key, json_t *value)
{
	if (json_object_set_new(d->schema, key, value) != 0)
		d->failed = true;
}

static json_t *draft_end(const struct draft *d)
{
	if (!d->failed)
		return d->schema;
	json_decref(d->schema);
	return NULL;
}

static void put_words(struct draft *d, const struct vocabulary *words, bool nullable)
{
	json_t *list = json_array();

	for (size_t i = 1; i < words->n; i++)
		if (json_array_append_new(list,
					  json_stringn(words->words[i].p, words->words[i].n)) != 0)
			d->failed = true;
	if (nullable && json_array_append_new(list, json_null()) != 0)
		d->failed = true;
	put(d, "enum", list);
}

/* Puts the type. Null in a body says as much as leaving an optional member out. */
static void put_name(struct draft *d, const char *type, enum json_side side, const struct field *f)
{
	if (side == JSON_BODY_MEMBER && f->optional)
		put(d, "type", json_pack("[s, s]", type, "null"));
	else
		put(d, "type", json_string(type));
}

static void put_text_type(struct draft *d, const struct field *f, enum json_side side)
{
	/* The pattern says the same as str_shown. */
	static const char shown[] =
		"^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b\\u200e\\u200f"
		"\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$";
	static const char no_nul[] = "^[^\\u0000]*$";

	put_name(d, "string", side, f);
	if (f->min > 0)
		put(d, "minLength", json_integer(f->min));
	if (f->max > 0)
		put(d, "maxLength", json_integer(f->max));
	if (f->kind == KIND_SECRET) {
		put(d, "format", json_string("password"));
		put(d, "writeOnly", json_true());
	}
	if (f->format == FORMAT_EMAIL || f->kind == KIND_EMAIL)
		put(d, "format", json_string("email"));
	if (f->pattern != NULL)
		put(d, "pattern", json_string(f->pattern));
	else if (f->format == FORMAT_TEXT)
		put(d, "pattern", json_string(shown));
	else if (side != JSON_OUTPUT && f->kind != KIND_EMAIL && f->format == FORMAT_ANY)
		put(d, "pattern", json_string(no_nul));
}

/*
 * A number that is read is bounded by given.c; one that is written is whatever the database holds.
 */
static void put_number_type(struct draft *d, const struct field *f, enum json_side side)
{
	bool input = side != JSON_OUTPUT;

	put_name(d, "integer", side, f);
	put(d, "format", json_string(f->kind == KIND_I32 ? "int32" : "int64"));
	if (input || f->min != 0)
		put(d, "minimum", json_integer(f->min));
	if (f->max != 0)
		put(d, "maximum", json_integer(f->max));
	if (input && f->optional && f->given == 0)
		put(d, "default", json_integer(f->preset));
}

/*
 * The side of an item: null may stand for its optional members also in a patch, for there the whole
 * list is replaced.
 */
static enum json_side inside(enum json_side side)
{
	return side == JSON_PATCH_MEMBER ? JSON_BODY_MEMBER : side;
}

static void put_list_type(struct draft *d, const struct field *f, enum json_side side)
{
	struct field item = *f;

	item.kind = f->item;
	item.optional = false;
	item.doc = NULL;
	put_name(d, "array", side, f);
	put(d, "items",
	    f->item == KIND_OBJECT ? json_schema(f->of, inside(side), NULL, NULL)
				   : json_schema_field(&item, inside(side)));
	if (f->min_items > 0)
		put(d, "minItems", json_integer(f->min_items));
	put(d, "maxItems", json_integer(f->max_items));
}

/*
 * Puts the type as the schema of the object has it; null in front where the member may be left out.
 */
static void put_object_type(struct draft *d, const struct field *f, enum json_side side)
{
	json_t *schema = json_schema(f->of, side, NULL, NULL);

	if (schema == NULL || json_object_update(d->schema, schema) != 0)
		d->failed = true;
	json_decref(schema);
	put_name(d, "object", side, f);
}

static void put_type(struct draft *d, const struct field *f, enum json_side side)
{
	switch (f->kind) {
	case KIND_STR:
	case KIND_SECRET:
	case KIND_EMAIL:
		return put_text_type(d, f, side);
	case KIND_I32:
	case KIND_I64:
		return put_number_type(d, f, side);
	case KIND_BOOL:
		put_name(d, "boolean", side, f);
		if (side != JSON_OUTPUT && f->optional && f->given == 0)
			put(d, "default", json_boolean(f->preset != 0));
		return;
	case KIND_UUID:
		put_name(d, "string", side, f);
		return put(d, "format", json_string("uuid"));
	case KIND_INSTANT:
		put_name(d, "string", side, f);
		return put(d, "format", json_string("date-time"));
	case KIND_ENUM:
		put_name(d, "string", side, f);
		return put_words(d, f->words, side == JSON_BODY_MEMBER && f->optional);
	case KIND_LIST:
		return put_list_type(d, f, side);
	case KIND_OBJECT:
		return put_object_type(d, f, side);
	}
}

/* JSON Schema counts characters, and its date-time has years and seconds that no instant has. */
static void put_doc(struct draft *d, const struct field *f, enum json_side side)
{
	const char *doc = f->doc != NULL ? f->doc : "";
	const char *stop = f->doc != NULL ? ". " : "";

	if (f->max_bytes > 0)
		put(d, "description",
		    json_sprintf("%s%sAt most %lld bytes of UTF-8.", doc, stop,
				 (long long)f->max_bytes));
	else if (f->kind == KIND_INSTANT && side != JSON_OUTPUT)
		put(d, "description",
		    json_sprintf("%s%sFrom 1970 on, without leap seconds.", doc, stop));
	else if (f->doc != NULL)
		put(d, "description", json_string(f->doc));
}

json_t *json_schema_field(const struct field *f, enum json_side side)
{
	struct draft d = { .schema = json_object() };

	put_type(&d, f, side);
	put_doc(&d, f, side);
	return draft_end(&d);
}

static bool belongs(const struct field *f, bool one)
{
	return one ? f->side == SIDE_ONE || f->side == SIDE_ONE_OR_NEITHER : f->side == SIDE_OTHER;
}

/*
 * Appends one of the ways: the fields of a side that have to be there, and those that have to be
 * missing, or null.
 */
static void append_way(struct draft *d, json_t *ways, const struct schema *s, bool one, bool other)
{
	struct draft properties = { .schema = json_object() };
	json_t *required = json_array();

	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		bool there = (one && belongs(f, true)) || (other && belongs(f, false));

		if (f->side == SIDE_NONE)
			continue;
		put(&properties, f->name, json_pack("{s:s}", "type", there ? "string" : "null"));
		if (there && json_array_append_new(required, json_string(f->name)) != 0)
			d->failed = true;
	}
	d->failed |= properties.failed;
	if (json_array_append_new(ways, json_pack("{s:o, s:o}", "properties", properties.schema,
						  "required", required)) != 0)
		d->failed = true;
}

/* Puts oneOf, where the fields have sides. */
static void put_sides(struct draft *d, const struct schema *s)
{
	bool any = false, neither = false;

	for (size_t i = 0; i < s->n; i++) {
		any |= s->fields[i].side != SIDE_NONE;
		neither |= s->fields[i].side == SIDE_ONE_OR_NEITHER;
	}
	if (!any)
		return;

	json_t *ways = json_array();

	append_way(d, ways, s, true, false);
	append_way(d, ways, s, false, true);
	if (neither)
		append_way(d, ways, s, false, false);
	put(d, "oneOf", ways);
}

json_t *json_schema(const struct schema *s, enum json_side side,
		    bool (*take)(const struct field *, const void *), const void *ctx)
{
	struct draft d = { .schema = json_object() };
	struct draft properties = { .schema = json_object() };
	json_t *required = json_array();

	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];

		if ((take != NULL && !take(f, ctx)) ||
		    (side == JSON_OUTPUT && f->kind == KIND_SECRET))
			continue;
		put(&properties, f->name, json_schema_field(f, side));
		if (!f->optional && json_array_append_new(required, json_string(f->name)) != 0)
			d.failed = true;
	}
	put(&d, "type", json_string("object"));
	put(&d, "properties", properties.schema);
	put(&d, "required", required);
	if (side != JSON_OUTPUT) {
		put(&d, "additionalProperties", json_false());
		put_sides(&d, s);
	}
	d.failed |= properties.failed;
	return draft_end(&d);
}
