/* SPDX-License-Identifier: MIT */
/* What the JSON files share: the steps from bytes to a struct's member. */
#pragma once

#include <jansson.h>

#include "http/fault.h"
#include "http/fields.h"
#include "http/json.h"
#include "http/route.h"

/* Where a field of an operation's input comes from; see http/fields.h. */
enum source { SOURCE_PATH, SOURCE_QUERY, SOURCE_BODY };

enum source source_of(const struct route *r, const struct field *f);

/* What a request says about one field, whichever way it came. */
struct given {
	enum {
		GIVEN_NOTHING, /* absent, or null */
		GIVEN_REMOVAL, /* null in a merge patch */
		GIVEN_TEXT,
		GIVEN_NUMBER,
		GIVEN_HUGE, /* a whole number beyond int64_t; number tells its side */
		GIVEN_FLAG,
		GIVEN_OTHER,   /* JSON of a kind that no field has */
		GIVEN_GARBLED, /* percent-encoding that is not one */
		GIVEN_TWICE
	} type;
	struct str text;
	int64_t number;
	bool flag;
	bool in_path; /* it names a resource, which may not be there */
};

/* Reads decoded text from path or query as the field's kind wants it. */
struct given given_text(const struct field *f, struct str text);

/* Reads a member of the body; v == NULL when it is absent. The text is borrowed from v. */
struct given given_json(const json_t *v);

/*
 * Checks what was given and writes the member of `out`. Returns what is wrong, to be read after
 * the field's name ("is required"), or the null str.
 */
struct str given_take(const struct given *g, const struct field *f, struct arena *a, void *out);

/*
 * Parses a body that must be one JSON object; the arena owns it. Otherwise there is one fault, with
 * the nearest pointer to the place: ERR_BAD_JSON where it is not JSON, ERR_INVALID where it is and
 * is another value, has a member twice, a NUL, half a surrogate pair, a number that no type holds
 * or containers deeper than 32.
 */
enum err body_parse(struct str body, struct arena *a, struct faults *f, json_t **out);

/* Prefix with "/" and with "~" and "/" escaped: one step of a pointer (RFC 6901 section 3). */
struct str pointer_step(struct str prefix, struct str name, struct arena *a);

enum { NAME_SHOWN = 64 };

/* Whether s matches a POSIX extended regular expression that lives as long as the process. */
bool pattern_match(const char *pattern, const char *s, struct arena *a);

/* The JSON Schema of one field. The caller owns it; NULL when out of memory. */
json_t *json_schema_field(const struct field *f, enum json_side side);
