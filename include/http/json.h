/* SPDX-License-Identifier: MIT */
/* Between structs and JSON, by their schema. */
#pragma once

#include "http/fault.h"
#include "http/fields.h"
#include "http/route.h"

struct json_t;

/* Whether an operation reads a body, and whether a request may come without one. */
enum json_body { JSON_BODY_NONE, JSON_BODY_OPTIONAL, JSON_BODY_REQUIRED };

/* As the operation's fields say: without a required one in the body it may be missing. */
enum json_body json_body(const struct route *r);

/*
 * Decodes path parameters, query and body of a request into `out` (schema->size zeroed bytes).
 * Every fault is reported at once. The body must be one JSON object: no duplicate keys, invalid
 * UTF-8, NUL, depth over 32; unknown members, query parameters included, are refused. A body on an
 * operation that takes none is refused too; an empty one is fine there, and where it is optional.
 *
 * Returns ERR_BAD_JSON (malformed, with a fault that points at it) or ERR_INVALID with faults.
 * Messages begin with the field's name: "email is required", "password must be at least 8
 * characters", "limit must be between 1 and 100", "email must be a string", "color is not known".
 */
enum err json_decode(const struct schema *s, const struct route_match *m,
		     const struct http_request *r, struct arena *a, struct faults *f, void *out);

/* Appends the object at `in`. Null optional members are left out; KIND_SECRET is never written. */
void json_encode(const struct schema *s, const void *in, struct buf *b);

/* Appends an array of n objects, each s->size bytes apart. */
void json_encode_list(const struct schema *s, const void *in, size_t n, struct buf *b);

/* What a schema is printed for. null may stand for an optional member of a body, not of a patch. */
enum json_side { JSON_OUTPUT, JSON_PARAMETER, JSON_BODY_MEMBER, JSON_PATCH_MEMBER };

/*
 * JSON Schema (2020-12, as OpenAPI 3.1 has it) of the fields that `take` accepts (NULL: all).
 * The caller owns the result; NULL when out of memory.
 */
struct json_t *json_schema(const struct schema *s, enum json_side side,
			   bool (*take)(const struct field *, const void *), const void *ctx);
