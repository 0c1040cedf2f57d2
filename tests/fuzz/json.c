/* SPDX-License-Identifier: MIT */
/*
 * Decoding: any bytes as path parameter, query and body. The input is three parts, each ended by a
 * line of its own "--"; with fewer parts, the last one given is the body.
 */
#include "schema/json.h"
#include "http/decode.h"
#include "http/problem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct thing_id {
	struct uuid id;
};

#define FIELD_KIND_IDS struct thing_id : KIND_UUID,
#define FIELD_KIND_ENUMS enum size : KIND_ENUM,
#define FIELD_VOCABULARIES enum size : &sizes,

enum size { SIZE_NONE, SIZE_SMALL, SIZE_LARGE };

static const struct str size_words[] = { { 0 }, { "small", 5 }, { "large", 5 } };
static const struct vocabulary sizes = { size_words, 3 };

struct part {
	struct thing_id id;
	struct email email;
	enum size size;
	struct part_names {
		struct str *v;
		size_t n;
	} names;
};

SCHEMA(part, part, FIELD(part, id, .optional = true), FIELD(part, email, .optional = true),
       FIELD(part, size), FIELD_LIST(part, names, 3, .min = 1, .optional = true));

struct thing {
	struct thing_id id;
	struct email email;
	struct str name, slug;
	struct secret password;
	int32_t limit;
	int64_t offset;
	bool all, all_given;
	struct instant at;
	enum size kind;
	struct part *whole;
	struct part_list {
		struct part *v;
		size_t n;
	} parts;
	struct number_list {
		int32_t *v;
		size_t n;
	} numbers;
};

SCHEMA(thing, thing, FIELD(thing, id), FIELD(thing, email, .optional = true, .min = 1, .max = 254),
       FIELD(thing, name, .min = 1, .max = 20, .format = FORMAT_TEXT),
       FIELD(thing, slug, .optional = true, .pattern = "^[a-z][a-z0-9-]*$"),
       FIELD(thing, password, .optional = true, .min = 8, .max_bytes = 64),
       FIELD(thing, limit, .optional = true, .min = 1, .max = 100, .preset = 20),
       FIELD(thing, offset, .optional = true, .min = INT64_MIN),
       FIELD(thing, all, .optional = true, GIVEN(thing, all_given)),
       FIELD(thing, at, .optional = true), FIELD(thing, kind, .optional = true),
       FIELD_OBJECT(thing, whole, part, .optional = true),
       FIELD_OBJECTS(thing, parts, part, 4, .optional = true),
       FIELD_LIST(thing, numbers, 5, .min_items = 1, .max = 9, .optional = true));

static const struct route routes[] = {
	{ .method = METHOD_GET, .path = "/things/{id}", .in = &thing_schema },
	{ .method = METHOD_PUT, .path = "/things/{id}", .in = &thing_schema },
	{ .method = METHOD_POST, .path = "/things", .in = &thing_schema },
	{ .method = METHOD_PATCH, .path = "/things/{id}", .in = &thing_schema },
};

struct entry {
	struct str name, slug;
	struct email email;
	struct secret password;
	int32_t limit;
	bool all;
};

SCHEMA(entry, entry, FIELD(entry, name, .min = 1, .max = 20, .format = FORMAT_TEXT),
       FIELD(entry, slug, .optional = true, .pattern = "^[a-z][a-z0-9-]*$"),
       FIELD(entry, email, .optional = true, .min = 1, .max_bytes = 254),
       FIELD(entry, password, .optional = true, .min = 8, .max_bytes = 64),
       FIELD(entry, limit, .optional = true, .min = 1, .max = 100, .preset = 20),
       FIELD(entry, all, .optional = true));

static const struct route form_route = { .method = METHOD_POST,
					 .path = "/entries",
					 .in = &entry_schema };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What was found wrong can be told: valid JSON, of a size that a reply may have. */
static void tell(enum err e, const struct faults *f, struct arena *a, bool rfc9457)
{
	struct http_reply reply = { .headers = buf_make(a, 64), .body = buf_make(a, 64) };
	struct problem p = { .err = e, .faults = f, .rfc9457 = rfc9457 };

	problem_write(&reply, &p);
	json_t *back = json_loadb(reply.body.p, reply.body.n, JSON_REJECT_DUPLICATES, NULL);

	must(back != NULL);
	must(reply.body.n < HTTP_REPLY_MAX / 2);
	json_decref(back);
}

/* What was accepted is written as JSON that decodes to the same. */
static void write_back(const struct route *r, struct route_match m, struct arena *a,
		       const struct thing *in)
{
	struct buf b = buf_make(a, 64), again = buf_make(a, 64);
	struct http_request request = { .query = STR("") };
	struct faults f = { 0 };
	struct thing out = { 0 };

	if (r->method != METHOD_POST)
		return;
	json_encode(&thing_schema, in, &b);
	request.body = buf_str(&b);
	must(json_decode(&thing_schema, &m, &request, a, &f, &out) == OK);
	json_encode(&thing_schema, &out, &again);
	must(str_eq(buf_str(&b), buf_str(&again)));
}

static void try(const struct route *r, struct str id, struct str query, struct str body,
		struct arena *a)
{
	struct route_match m = { .route = r, .params = { { STR("id"), id } }, .n = 1 };
	struct http_request request = { .method = r->method, .query = query, .body = body };
	struct faults f = { 0 };
	struct thing out = { 0 };
	enum err e = json_decode(&thing_schema, &m, &request, a, &f, &out);

	must((e == OK) == (f.n == 0));
	must(e == OK || e == ERR_INVALID || (e == ERR_BAD_JSON && f.n == 1));
	if (e == OK)
		return write_back(r, m, a, &out);
	for (const struct fault *i = f.first; i != NULL; i = i->next)
		must(str_utf8(i->pointer) && str_utf8(i->message));
	tell(e, &f, a, body.n % 2 == 0);
}

/* The same schema from a form. */
static void try_form(struct str form, struct arena *a)
{
	struct route_match m = { .route = &form_route };
	struct http_request request = { .method = METHOD_POST, .body = form };
	struct faults f = { 0 };
	struct entry out = { 0 };
	enum err e = form_decode(&entry_schema, &m, &request, a, &f, &out);

	must(e == (f.n == 0 ? OK : ERR_INVALID));
	tell(e == OK ? ERR_BUSY : e, &f, a, form.n % 2 == 0);
	must(form_value(form, STR("name"), a).p == NULL ||
	     str_utf8(form_value(form, STR("name"), a)));
}

/* Cuts the part before a line "--" off, if there is one. */
static struct str part(struct str *rest)
{
	const char *cut = rest->n == 0 ? NULL : memmem(rest->p, rest->n, "\n--\n", 4);
	struct str before = STR("");

	if (cut == NULL)
		return before;
	before = (struct str){ rest->p, (size_t)(cut - rest->p) };
	*rest = str_from_at(*rest, before.n + 4);
	return before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_make(16 << 20, NULL, NULL);
	struct str rest = { (const char *)data, size };
	struct str id = part(&rest), query = part(&rest);

	if (a == NULL || size > HTTP_BODY_MAX)
		return arena_free(a), 0;
	/* Path parameters come decoded and valid from the router. */
	if (!str_utf8(id) || memchr(id.p, '\0', id.n) != NULL)
		id = STR("0192f0c1-2345-7abc-8def-0123456789ab");
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		try(&routes[i], id, query, rest, a);
	try_form(rest, a);
	arena_free(a);
	return 0;
}
