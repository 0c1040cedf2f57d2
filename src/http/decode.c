/* SPDX-License-Identifier: MIT */
#include "http/decode.h"

#include <jansson.h>
#include <string.h>

#include "http/query.h"
#include "schema/body.h"
#include "schema/fault.h"
#include "schema/given.h"

/* One call of json_decode. */
struct decoding {
	const struct schema *schema;
	const struct route_match *match;
	const struct http_request *request;
	struct arena *arena;
	struct given *given;   /* one a field, in their order */
	struct faults strange; /* names that nobody asked for; told after the fields' own faults */
};

enum source source_of(const struct route *r, const struct field *f)
{
	if (route_has_param(r, f->name))
		return SOURCE_PATH;
	if (r->method == METHOD_GET || r->method == METHOD_DELETE)
		return SOURCE_QUERY;
	return SOURCE_BODY;
}

enum json_body json_body(const struct route *r)
{
	enum json_body body = JSON_BODY_NONE;

	for (size_t i = 0; i < r->in->n; i++) {
		if (source_of(r, &r->in->fields[i]) != SOURCE_BODY)
			continue;
		if (!r->in->fields[i].optional)
			return JSON_BODY_REQUIRED;
		body = JSON_BODY_OPTIONAL;
	}
	return body;
}

/* Index of the field of that name and source; schema->n when there is none. */
static size_t field_index(const struct decoding *d, struct str name, enum source source)
{
	const struct schema *s = d->schema;

	for (size_t i = 0; i < s->n; i++)
		if (str_eq(str_from(s->fields[i].name), name) &&
		    source_of(d->match->route, &s->fields[i]) == source)
			return i;
	return s->n;
}

/* A long name is cut between two characters, and too long to point at. */
static void strange_add(struct decoding *d, struct str name)
{
	struct str pointer = STR("");
	struct str shown = name.n > 0 ? name : STR("\"\"");

	/* A body has room for thousands, of which only the first ones are told. */
	if (d->strange.n == FAULTS_MAX)
		return;
	if (name.n <= NAME_SHOWN)
		pointer = pointer_step(pointer, name, d->arena);
	else
		for (shown.n = NAME_SHOWN; ((unsigned char)name.p[shown.n] & 0xc0) == 0x80;)
			shown.n--;
	fault_add(&d->strange, d->arena, pointer, "%.*s%s is not known", STR_ARG(shown),
		  shown.n < name.n ? "..." : "");
}

static void path_read(struct decoding *d)
{
	for (size_t i = 0; i < d->schema->n; i++) {
		const struct field *f = &d->schema->fields[i];

		if (source_of(d->match->route, f) != SOURCE_PATH)
			continue;
		d->given[i] = given_text(f, route_param(d->match, f->name));
		d->given[i].in_path = true;
	}
}

static void parameter_read(struct decoding *d, struct str raw_name, struct str raw_value)
{
	struct str name = { 0 }, value = { 0 };

	if (!percent_decode(raw_name, true, d->arena, &name)) {
		fault_add(&d->strange, d->arena, STR(""),
			  "the query must be percent-encoded UTF-8");
		return;
	}

	size_t i = field_index(d, name, SOURCE_QUERY);

	if (i == d->schema->n) {
		strange_add(d, name);
		return;
	}
	if (d->given[i].type != GIVEN_NOTHING)
		d->given[i].type = GIVEN_TWICE;
	else if (!percent_decode(raw_value, true, d->arena, &value))
		d->given[i].type = GIVEN_GARBLED;
	else
		d->given[i] = given_text(&d->schema->fields[i], value);
}

static void query_read(struct decoding *d)
{
	struct str rest = d->request->query, name = { 0 }, value = { 0 };

	/* Names once told enough are not worth the memory of decoding the rest. */
	while (d->strange.n < FAULTS_MAX && query_next(&rest, &name, &value))
		if (name.n > 0 || value.n > 0)
			parameter_read(d, name, value);
}

/* RFC 7396: what is null in a patch is to be removed. */
static struct given given_member(const struct decoding *d, const json_t *value)
{
	if (json_is_null(value) && d->match->route->method == METHOD_PATCH)
		return (struct given){ .type = GIVEN_REMOVAL };
	return given_json(value);
}

static enum err body_read(struct decoding *d, struct faults *f)
{
	enum json_body body = json_body(d->match->route);
	json_t *root = NULL;

	if (d->request->body.n == 0 && body != JSON_BODY_REQUIRED) {
		/* RFC 7396 has a patch that changes nothing, and that is {}. */
		if (body != JSON_BODY_NONE && d->match->route->method == METHOD_PATCH)
			fault_add(&d->strange, d->arena, STR(""), "the patch is missing");
		return OK;
	}
	if (body == JSON_BODY_NONE) {
		fault_add(&d->strange, d->arena, STR(""), "there must be no body");
		return OK;
	}
	TRY(body_parse(d->request->body, d->arena, f, &root));
	for (void *m = json_object_iter(root); m != NULL; m = json_object_iter_next(root, m)) {
		struct str name = { json_object_iter_key(m), json_object_iter_key_len(m) };
		size_t i = field_index(d, name, SOURCE_BODY);

		if (i == d->schema->n)
			strange_add(d, name);
		else
			d->given[i] = given_member(d, json_object_iter_value(m));
	}
	return OK;
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

	d.given = arena_new_array(a, s->n, struct given);
	path_read(&d);
	TRY(body_read(&d, f));
	query_read(&d);
	for (size_t i = 0; i < s->n; i++) {
		struct str wrong = given_take(&d.given[i], &s->fields[i], a, out);
		struct str name = str_from(s->fields[i].name);

		if (wrong.p != NULL)
			fault_add(f, a, pointer_step(STR(""), name, a), "%s %s", name.p, wrong.p);
	}
	faults_append(f, &d.strange, a);
	return f->n > 0 ? ERR_INVALID : OK;
}
