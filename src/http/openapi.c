/* SPDX-License-Identifier: MIT */
/*
 * The route table as OpenAPI 3.1: the table is the source, so the document cannot drift from the
 * service. The answers of an operation are a column of it, and dispatch holds it to those.
 */
#include "http/openapi.h"

#include <ctype.h>
#include <string.h>

#include "http/openapi_problem.h"
#include "schema/json.h"

static void append(struct document *d, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		d->failed = true;
}

/*
 * Keeps a schema under its name, unless another one has that; gives a reference, or the schema
 * itself.
 */
static json_t *schema_named(struct document *d, const char *name, json_t *schema)
{
	json_t *known = json_object_get(d->schemas, name);

	if (known != NULL && !json_equal(known, schema))
		return schema;
	document_put(d, d->schemas, name, schema);
	return document_reference("schemas", name);
}

static json_t *success_schema(struct document *d, const struct route *r)
{
	json_t *one = NULL;

	if (r->shape == REPLY_RAW)
		return json_pack("{s:s}", "type", "object");
	one = schema_named(d, r->out->name, json_schema(r->out, JSON_OUTPUT, NULL, NULL));
	if (r->shape == REPLY_ONE || r->shape == REPLY_LINES)
		return one;
	return json_pack("{s:s, s:o}", "type", "array", "items", one);
}

static void put_success(struct document *d, const struct route *r, json_t *responses)
{
	char status[16];
	bool lines = r->shape == REPLY_LINES;
	json_t *response = json_pack("{s:s}", "description",
				     r->shape == REPLY_NONE ? "Done; there is no body"
				     : lines		    ? "One object a line, each ended by LF"
							    : "Done");

	snprintf(status, sizeof status, "%d", r->status);
	if (r->shape != REPLY_NONE)
		document_put(d, response, "content",
			     document_content(lines ? "application/x-ndjson" : "application/json",
					      success_schema(d, r)));
	if (r->status == 201)
		document_header(d, response, "Location", "Where the new resource is");
	if (r->shape == REPLY_LIST)
		document_header(d, response, "Link", "The next page, as rel=\"next\" (RFC 8288)");
	document_put(d, responses, status, response);
}

static void put_responses(struct document *d, const struct route *r, json_t *operation)
{
	json_t *responses = document_object(d, operation, "responses");

	put_success(d, r, responses);
	document_problems(d, r, responses);
}

static void put_parameters(struct document *d, const struct route *r, json_t *operation)
{
	json_t *parameters = json_array();

	for (size_t i = 0; i < r->in->n; i++) {
		const struct field *f = &r->in->fields[i];
		enum source source = route_source(r, f);

		if (source == SOURCE_BODY)
			continue;
		append(d, parameters,
		       json_pack("{s:s, s:s, s:b, s:o}", "name", f->name, "in",
				 source == SOURCE_PATH ? "path" : "query", "required",
				 source == SOURCE_PATH || !f->optional, "schema",
				 json_schema_field(f, JSON_PARAMETER)));
	}
	if (json_array_size(parameters) > 0)
		document_put(d, operation, "parameters", parameters);
	else
		json_decref(parameters);
}

static bool in_body(const struct field *f, const void *route)
{
	return route_source(route, f) == SOURCE_BODY;
}

static void put_body(struct document *d, const struct route *r, json_t *operation)
{
	if (route_body(r) == BODY_NONE)
		return;

	enum json_side side = r->method == METHOD_PATCH ? JSON_PATCH_MEMBER : JSON_BODY_MEMBER;
	json_t *schema = schema_named(d, r->in->name, json_schema(r->in, side, in_body, r));
	json_t *content = document_content("application/json", schema);

	if (r->method == METHOD_PATCH)
		document_put(d, content, "application/merge-patch+json",
			     json_pack("{s:O}", "schema", schema));
	document_put(d, operation, "requestBody",
		     json_pack("{s:b, s:o}", "required",
			       route_body(r) == BODY_REQUIRED || r->method == METHOD_PATCH,
			       "content", content));
}

/* Puts who may call an operation; an empty `security` says that no token is needed. */
static void put_access(struct document *d, const struct route *r, json_t *operation)
{
	static const char *const who[] = {
		[ACCESS_ANYONE] = "For anyone.",
		[ACCESS_USER] = "For whoever is signed in.",
		[ACCESS_SELF] = "For the user named in the path, and for admins.",
		[ACCESS_ADMIN] = "For admins.",
		[ACCESS_GATE] = "For nginx (auth_request): whoever is signed in passes.",
	};

	document_put(d, operation, "description", json_string(who[r->access]));
	document_put(d, operation, "security",
		     r->access == ACCESS_ANYONE ? json_array() : json_pack("[{s:[]}]", "bearer"));
}

/* The first segment after /api/v1, or of the path where it does not stand there. */
static struct str tag_of(const struct route *r)
{
	struct str path = str_from(r->path), tag = { 0 };
	struct str base = STR("/api/v1/");

	path = str_from_at(path, str_starts(path, base) ? base.n : 1);
	str_split(&path, '/', &tag);
	return tag;
}

static void put_tag(struct document *d, const struct route *r, json_t *operation)
{
	struct str tag = tag_of(r);

	document_put(d, operation, "tags", json_pack("[s%]", tag.p, tag.n));
	for (size_t i = 0; i < json_array_size(d->tags); i++) {
		const json_t *name = json_object_get(json_array_get(d->tags, i), "name");

		if (str_eq(str_from(json_string_value(name)), tag))
			return;
	}
	append(d, d->tags,
	       json_pack("{s:s%, s:o}", "name", tag.p, tag.n, "description",
			 json_sprintf("Operations under %.*s", (int)(tag.p + tag.n - r->path),
				      r->path)));
}

static void put_operation(struct document *d, const struct route *r)
{
	json_t *path = json_object_get(d->paths, r->path);
	char method[16] = { 0 };

	if (path == NULL)
		path = document_object(d, d->paths, r->path);
	for (size_t i = 0; method_name(r->method)[i] != '\0'; i++)
		method[i] = (char)tolower(method_name(r->method)[i]);

	json_t *operation = document_object(d, path, method);

	document_put(d, operation, "operationId", json_string(r->name));
	document_put(d, operation, "summary", json_string(r->summary));
	put_access(d, r, operation);
	put_tag(d, r, operation);
	put_parameters(d, r, operation);
	put_body(d, r, operation);
	put_responses(d, r, operation);
}

static void put_head(struct document *d, const char *version)
{
	document_put(d, d->root, "openapi", json_string("3.1.0"));
	document_put(d, d->root, "info",
		     json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "title", "Postern", "version",
			       version, "description", "Accounts and sign-in.", "license", "name",
			       "MIT License", "identifier", "MIT"));
	document_put(d, d->root, "servers", json_pack("[{s:s}]", "url", "/"));
}

static void put_components(struct document *d)
{
	json_t *components = document_object(d, d->root, "components");

	d->schemas = document_object(d, components, "schemas");
	d->responses = document_object(d, components, "responses");
	document_put(d, components, "securitySchemes",
		     json_pack("{s:{s:s, s:s, s:s}}", "bearer", "type", "http", "scheme", "bearer",
			       "bearerFormat", "JWT"));
}

char *openapi_make(const struct route *routes, size_t n, const char *version)
{
	struct document d = { .root = json_object() };
	char *text = NULL;

	put_head(&d, version);
	document_put(&d, d.root, "tags", json_array());
	d.tags = json_object_get(d.root, "tags");
	d.paths = document_object(&d, d.root, "paths");
	put_components(&d);
	document_problem_schemas(&d);
	for (size_t i = 0; i < n; i++)
		put_operation(&d, &routes[i]);
	if (!d.failed)
		text = json_dumps(d.root, JSON_INDENT(2));
	json_decref(d.root);
	return text;
}
