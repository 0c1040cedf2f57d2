/* SPDX-License-Identifier: MIT */
#include "http/decode.h"

#include <jansson.h>
#include <string.h>

#include "http/query.h"
#include "schema/body.h"
#include "schema/fault.h"
#include "schema/member.h"

/* One call of a decoder. */
struct decoding {
	const struct schema *schema;
	const struct route_match *match;
	const struct http_request *request;
	struct arena *arena;
	struct given *given;   /* one a field, in their order */
	struct faults strange; /* names that nobody asked for; told after the fields' own faults */
};

/* Index of the field of that name and source; schema->n when there is none. */
static size_t field_index(const struct decoding *d, struct str name, enum source source)
{
	const struct schema *s = d->schema;

	for (size_t i = 0; i < s->n; i++)
		if (str_eq(str_from(s->fields[i].name), name) &&
		    route_source(d->match->route, &s->fields[i]) == source)
			return i;
	return s->n;
}

static void path_read(struct decoding *d)
{
	for (size_t i = 0; i < d->schema->n; i++) {
		const struct field *f = &d->schema->fields[i];

		if (route_source(d->match->route, f) != SOURCE_PATH)
			continue;
		d->given[i] = given_text(f, route_param(d->match, f->name));
		d->given[i].in_path = true;
	}
}

/* Reads the value of a field in a query or a form. */
static void value_read(struct decoding *d, size_t i, struct str raw)
{
	struct str value = { 0 };

	if (d->given[i].type != GIVEN_NOTHING)
		d->given[i].type = GIVEN_TWICE;
	else if (!percent_decode(raw, true, d->arena, &value))
		d->given[i].type = GIVEN_GARBLED;
	else
		d->given[i] = given_text(&d->schema->fields[i], value);
}

static void parameter_read(struct decoding *d, struct str raw_name, struct str raw_value)
{
	struct str name = { 0 };

	if (!percent_decode(raw_name, true, d->arena, &name)) {
		fault_add(&d->strange, d->arena, STR(""),
			  "the query must be percent-encoded UTF-8");
		return;
	}

	size_t i = field_index(d, name, SOURCE_QUERY);

	if (i == d->schema->n) {
		member_strange(&d->strange, d->arena, NULL, name);
		return;
	}
	value_read(d, i, raw_value);
}

static void query_read(struct decoding *d)
{
	struct str rest = d->request->query, name = { 0 }, value = { 0 };

	/* The rest of a query is not worth the memory of decoding it once enough names are told. */
	while (d->strange.n < FAULTS_MAX && query_next(&rest, &name, &value))
		if (name.n > 0 || value.n > 0)
			parameter_read(d, name, value);
}

static enum err body_read(struct decoding *d, const struct taking *t)
{
	enum route_body body = route_body(d->match->route);
	json_t *root = NULL;

	if (d->request->body.n == 0 && body != BODY_REQUIRED) {
		/* RFC 7396 has a patch that changes nothing, and that is {}. */
		if (body != BODY_NONE && t->patch)
			fault_add(&d->strange, d->arena, STR(""), "the patch is missing");
		return OK;
	}
	if (body == BODY_NONE) {
		fault_add(&d->strange, d->arena, STR(""), "there must be no body");
		return OK;
	}
	TRY(body_parse(d->request->body, d->arena, t->faults, &root));
	for (void *m = json_object_iter(root); m != NULL; m = json_object_iter_next(root, m)) {
		struct str name = { json_object_iter_key(m), json_object_iter_key_len(m) };
		size_t i = field_index(d, name, SOURCE_BODY);

		if (i == d->schema->n)
			member_strange(&d->strange, d->arena, NULL, name);
		else
			d->given[i] = member_given(t, json_object_iter_value(m));
	}
	return OK;
}

/* Takes all members of an input, each with the value given for it. */
static void members_take(const struct decoding *d, const struct taking *t, void *out)
{
	for (size_t i = 0; i < d->schema->n; i++) {
		const struct field *field = &d->schema->fields[i];
		struct place at = { .name = { field->name, field->name_n } };

		member_take(t, &d->given[i], field, &at, out);
	}
}

static void faults_append(struct faults *f, const struct faults *more, struct arena *a)
{
	for (const struct fault *m = more->first; m != NULL; m = m->next)
		fault_add(f, a, m->pointer, "%s", m->message.p);
}

enum err json_decode(const struct schema *s, const struct route_match *m,
		     const struct http_request *r, struct arena *a, struct faults *f, void *out)
{
	struct decoding d = { .schema = s, .match = m, .request = r, .arena = a };
	struct taking t = { a, f, m->route->method == METHOD_PATCH };

	d.given = arena_new_array(a, s->n, struct given);
	path_read(&d);
	TRY(body_read(&d, &t));
	query_read(&d);
	members_take(&d, &t, out);
	faults_append(f, &d.strange, a);
	return f->n > 0 ? ERR_INVALID : OK;
}

static void form_read(struct decoding *d, struct str form, enum source source)
{
	struct str raw_name = { 0 }, raw_value = { 0 }, name = { 0 };

	while (query_next(&form, &raw_name, &raw_value)) {
		if (raw_value.n == 0 || !percent_decode(raw_name, true, d->arena, &name))
			continue;

		size_t i = field_index(d, name, source);

		if (i < d->schema->n)
			value_read(d, i, raw_value);
	}
}

enum err form_decode(const struct schema *s, const struct route_match *m,
		     const struct http_request *r, struct arena *a, struct faults *f, void *out)
{
	struct decoding d = { .schema = s, .match = m, .request = r, .arena = a };
	struct taking t = { a, f, false };

	d.given = arena_new_array(a, s->n, struct given);
	path_read(&d);
	if (route_body(m->route) == BODY_NONE)
		form_read(&d, r->query, SOURCE_QUERY);
	else
		form_read(&d, r->body, SOURCE_BODY);
	members_take(&d, &t, out);
	return f->n > 0 ? ERR_INVALID : OK;
}

struct str form_value(struct str form, struct str name, struct arena *a)
{
	struct str raw_name = { 0 }, raw_value = { 0 }, value = { 0 };

	while (query_next(&form, &raw_name, &raw_value))
		if (str_eq(raw_name, name))
			return percent_decode(raw_value, true, a, &value) ? value
									  : (struct str){ 0 };
	return (struct str){ 0 };
}
