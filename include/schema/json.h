/* SPDX-License-Identifier: MIT */
/* Encoding of structs as JSON, and their description, by their schema. */
#pragma once

#include "base/buf.h"
#include "schema/fields.h"

struct json_t;

/* Appends the object at `in`. Null optional members are left out; KIND_SECRET is never written. */
void json_encode(const struct schema *s, const void *in, struct buf *b);

/* Appends an array of n objects, each s->size bytes apart. */
void json_encode_list(const struct schema *s, const void *in, size_t n, struct buf *b);

/* The use of a printed schema. null may stand for an optional member of a body, not of a patch. */
enum json_side { JSON_OUTPUT, JSON_PARAMETER, JSON_BODY_MEMBER, JSON_PATCH_MEMBER };

/*
 * JSON Schema (2020-12, as OpenAPI 3.1 has it) of the fields that `take` accepts (NULL: all).
 * The caller owns the result; NULL when out of memory.
 */
struct json_t *json_schema(const struct schema *s, enum json_side side,
			   bool (*take)(const struct field *, const void *), const void *ctx);

/* The JSON Schema of one field. The caller owns it; NULL when out of memory. */
struct json_t *json_schema_field(const struct field *f, enum json_side side);
