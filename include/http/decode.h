/* SPDX-License-Identifier: MIT */
/* Decoding of a request to the input of its operation. */
#pragma once

#include "http/route.h"
#include "schema/fault.h"

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

/*
 * Decodes a form likewise (application/x-www-form-urlencoded): the body, or the query of an
 * operation that reads, and then there is no body. By OAuth's rules (RFC 6749 sections 3.1 and
 * 3.2): a name that nobody asked for is ignored, a name without a value is missing, and one that
 * comes twice is a fault. A form has no lists and no objects. ERR_INVALID with faults.
 */
enum err form_decode(const struct schema *s, const struct route_match *m,
		     const struct http_request *r, struct arena *a, struct faults *f, void *out);

/* The value of a name in a form that is decoded no further; null: not there, or not to be read. */
struct str form_value(struct str form, struct str name, struct arena *a);
