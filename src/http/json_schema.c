/* SPDX-License-Identifier: MIT */
/* What given.c checks and json_encode.c writes, said in JSON Schema 2020-12. */
#include "http/json.h"
#include "http/json_parts.h"

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

static void put_values(struct draft *d, const char *values)
{
	struct str rest = str_from(values), one = { 0 };
	json_t *list = json_array();

	while (str_split(&rest, ',', &one)) {
		one = str_trim(one);
		if (json_array_append_new(list, json_stringn(one.p, one.n)) != 0)
			d->failed = true;
	}
	put(d, "enum", list);
}

static void put_text_type(struct draft *d, const struct field *f)
{
	static const char no_controls[] = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

	put(d, "type", json_string("string"));
	if (f->min > 0)
		put(d, "minLength", json_integer(f->min));
	if (f->max > 0)
		put(d, "maxLength", json_integer(f->max));
	if (f->kind == KIND_SECRET) {
		put(d, "format", json_string("password"));
		put(d, "writeOnly", json_true());
	}
	if (f->format == FORMAT_EMAIL)
		put(d, "format", json_string("email"));
	if (f->one_of != NULL)
		put_values(d, f->one_of);
	if (f->pattern != NULL)
		put(d, "pattern", json_string(f->pattern));
	else if (f->format == FORMAT_TEXT)
		put(d, "pattern", json_string(no_controls));
}

/* What is read is bounded by given.c; what is written is whatever the database holds. */
static void put_number_type(struct draft *d, const struct field *f, bool input)
{
	put(d, "type", json_string("integer"));
	put(d, "format", json_string(f->kind == KIND_I32 ? "int32" : "int64"));
	if (input || f->min != 0)
		put(d, "minimum", json_integer(f->min));
	if (f->max != 0)
		put(d, "maximum", json_integer(f->max));
	if (input && f->optional && f->given == 0)
		put(d, "default", json_integer(f->preset));
}

static void put_type(struct draft *d, const struct field *f, bool input)
{
	switch (f->kind) {
	case KIND_STR:
	case KIND_SECRET:
		return put_text_type(d, f);
	case KIND_I32:
	case KIND_I64:
		return put_number_type(d, f, input);
	case KIND_BOOL:
		put(d, "type", json_string("boolean"));
		if (input && f->optional && f->given == 0)
			put(d, "default", json_boolean(f->preset != 0));
		return;
	case KIND_UUID:
		put(d, "type", json_string("string"));
		return put(d, "format", json_string("uuid"));
	case KIND_INSTANT:
		put(d, "type", json_string("string"));
		return put(d, "format", json_string("date-time"));
	}
}

/* JSON Schema counts characters; a bound in bytes can only be told to people. */
static void put_doc(struct draft *d, const struct field *f)
{
	if (f->max_bytes > 0)
		put(d, "description",
		    json_sprintf("%s%sAt most %lld bytes of UTF-8.", f->doc != NULL ? f->doc : "",
				 f->doc != NULL ? " " : "", (long long)f->max_bytes));
	else if (f->doc != NULL)
		put(d, "description", json_string(f->doc));
}

json_t *json_schema_field(const struct field *f, bool input)
{
	struct draft d = { .schema = json_object() };

	put_type(&d, f, input);
	put_doc(&d, f);
	return draft_end(&d);
}

json_t *json_schema(const struct schema *s, bool input,
		    bool (*take)(const struct field *, const void *), const void *ctx)
{
	struct draft d = { .schema = json_object() };
	struct draft properties = { .schema = json_object() };
	json_t *required = json_array();

	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];

		if ((take != NULL && !take(f, ctx)) || (!input && f->kind == KIND_SECRET))
			continue;
		put(&properties, f->name, json_schema_field(f, input));
		if (!f->optional && json_array_append_new(required, json_string(f->name)) != 0)
			d.failed = true;
	}
	put(&d, "type", json_string("object"));
	put(&d, "properties", properties.schema);
	put(&d, "required", required);
	if (input)
		put(&d, "additionalProperties", json_false());
	d.failed |= properties.failed;
	return draft_end(&d);
}
