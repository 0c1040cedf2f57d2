/* SPDX-License-Identifier: MIT */
/* The components that every operation refers to when it fails: err.def and fault.c in OpenAPI. */
#include "base/err.h"
#include "http/openapi_parts.h"

/* One of the two shapes that fault.c writes; `list` and `detail` are what they differ in. */
static json_t *problem_facts(const char *message, const char *list, const char *detail)
{
	json_t *fault = json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s}}, s:[s, s]}", "type", "object",
				  "properties", "pointer", "type", "string", "description",
				  "JSON Pointer (RFC 6901) to the member or parameter", detail,
				  "type", "string", "required", "pointer", detail);

	return json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s, s:o}}, "
			 "s:[s, s, s]}",
			 "type", "object", "properties", "status", "type", "integer", "code",
			 "type", "string", message, "type", "string", "request_id", "type",
			 "string", list, "type", "array", "items", fault, "required", "status",
			 "code", message);
}

void document_problem_schemas(struct document *d)
{
	json_t *rfc9457 = problem_facts("detail", "errors", "detail");
	json_t *properties = json_object_get(rfc9457, "properties");

	document_put(d, d->schemas, "Problem",
		     json_pack("{s:s, s:s, s:{s:o}, s:[s]}", "description", "Why a request failed.",
			       "type", "object", "properties", "error",
			       problem_facts("message", "fields", "message"), "required", "error"));
	document_put(d, properties, "type", json_pack("{s:s}", "const", "about:blank"));
	document_put(d, properties, "title", json_pack("{s:s}", "type", "string"));
	document_put(d, rfc9457, "description",
		     json_string("The same facts as RFC 9457 has them."));
	document_put(d, d->schemas, "ProblemDetails", rfc9457);
}

/* "`not-found`: there is nothing here; `user-not-found`: user not found". The caller owns it. */
static json_t *problem_titles(int status)
{
	json_t *text = json_string("");

	for (enum err e = 1; e <= err_count(); e++) {
		const struct err_row *row = err_row(e);
		const char *before = json_string_value(text);

		if (row->status != status || before == NULL)
			continue;

		json_t *longer = json_sprintf("%s%s`%s`: %s", before, *before == '\0' ? "" : "; ",
					      row->code, row->title);

		json_decref(text);
		text = longer;
	}
	return text;
}

static json_t *problem_response(struct document *d, json_t *description)
{
	json_t *both = document_content("application/json",
					document_reference("schemas", "Problem"));
	json_t *rfc9457 = document_content("application/problem+json",
					   document_reference("schemas", "ProblemDetails"));

	if (json_object_update_missing_new(both, rfc9457) != 0)
		d->failed = true;
	return json_pack("{s:o, s:o}", "description", description, "content", both);
}

json_t *document_problem(struct document *d, int status)
{
	char name[32] = "Problem";

	if (status != 0)
		snprintf(name, sizeof name, "Problem%d", status);
	if (json_object_get(d->responses, name) != NULL)
		return document_reference("responses", name);

	json_t *titles = status != 0 ? problem_titles(status) : json_string("Anything else");
	json_t *response = problem_response(d, titles);

	if (status == 401)
		document_header(d, response, "WWW-Authenticate", "RFC 6750 section 3");
	if (status == 503)
		document_header(d, response, "Retry-After", "Seconds to wait");
	document_put(d, d->responses, name, response);
	return document_reference("responses", name);
}
