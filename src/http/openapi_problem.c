/* SPDX-License-Identifier: MIT */
#include "http/openapi_problem.h"

#include <assert.h>
#include <stdio.h>

#include "base/err.h"

enum { PER_STATUS = 16 /* problems of one status, at most */ };

/* One of the two shapes that problem.c writes; they differ in `message`, `list` and `detail`. */
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

/* The problems of one status that an operation can answer with. */
struct answers {
	int status;
	struct str codes[PER_STATUS]; /* literals */
	const char *titles[PER_STATUS];
	size_t n;
};

static void answers_add(struct answers *s, int status, const char *code, const char *title)
{
	if (status != s->status)
		return;
	assert(s->n < PER_STATUS);
	s->codes[s->n] = str_from(code);
	s->titles[s->n++] = title;
}

static struct answers answers_of(const struct route *r, int status)
{
	struct answers s = { .status = status };

	for (enum err e = 1; e <= err_count(); e++)
		if (route_answers(r, e))
			answers_add(&s, err_row(e)->status, err_row(e)->code, err_row(e)->title);
#define FRONT(at, code, title) answers_add(&s, at, code, title);
#include "http/front.def"
#undef FRONT
	return s;
}

/* Appends `more` to a text that may be NULL, as the result may. */
static json_t *lengthened(json_t *text, const char *between, json_t *more)
{
	const char *before = json_string_value(text), *after = json_string_value(more);
	json_t *longer = NULL;

	if (before != NULL && after != NULL)
		longer = json_sprintf("%s%s%s", before, *before == '\0' ? "" : between, after);
	json_decref(text);
	json_decref(more);
	return longer;
}

/* "email-taken.last-admin": the name of the component, which is the same wherever these are. */
static json_t *answers_name(const struct answers *s)
{
	json_t *name = json_string("");

	for (size_t i = 0; i < s->n; i++)
		name = lengthened(name, ".", json_string(s->codes[i].p));
	return name;
}

/* "`email-taken`: email already registered; `last-admin`: somebody has to remain ..." */
static json_t *answers_titles(const struct answers *s)
{
	json_t *text = json_string("");

	for (size_t i = 0; i < s->n; i++)
		text = lengthened(text, "; ",
				  json_sprintf("`%s`: %s", s->codes[i].p, s->titles[i]));
	return text;
}

/* The codes, each by itself, for programs. */
static json_t *answers_codes(struct document *d, const struct answers *s)
{
	json_t *codes = json_array();

	for (size_t i = 0; i < s->n; i++)
		if (json_array_append_new(codes, json_string(s->codes[i].p)) != 0)
			d->failed = true;
	return codes;
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

static bool answers_has(const struct answers *s, enum err e)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->codes[i], str_from(err_row(e)->code)))
			return true;
	return false;
}

/* Makes the component, on first use. */
static void put_component(struct document *d, const char *name, const struct answers *s)
{
	json_t *response = problem_response(d, answers_titles(s));

	document_put(d, response, "x-codes", answers_codes(d, s));
	if (s->status == 401 || answers_has(s, ERR_STALE))
		document_header(d, response, "WWW-Authenticate",
				s->status == 401 ? "RFC 6750 section 3"
						 : "Of `fresh-sign-in-needed`: RFC 9470 section 3");
	if (s->status == 429 || s->status == 503)
		document_header(d, response, "Retry-After", "Seconds to wait");
	document_put(d, d->responses, name, response);
}

static void put_status(struct document *d, const struct answers *s, json_t *responses)
{
	json_t *held = answers_name(s);
	const char *name = json_string_value(held);
	char status[16];

	snprintf(status, sizeof status, "%d", s->status);
	if (name == NULL) {
		d->failed = true;
		return;
	}
	if (json_object_get(d->responses, name) == NULL)
		put_component(d, name, s);
	document_put(d, responses, status, document_reference("responses", name));
	json_decref(held);
}

void document_problems(struct document *d, const struct route *r, json_t *responses)
{
	for (int status = 400; status < 600; status++) {
		struct answers s = answers_of(r, status);

		if (s.n > 0)
			put_status(d, &s, responses);
	}
	if (json_object_get(d->responses, "other") == NULL)
		document_put(d, d->responses, "other",
			     problem_response(d, json_string("What stands in front of the service "
							     "may have others")));
	document_put(d, responses, "default", document_reference("responses", "other"));
}
