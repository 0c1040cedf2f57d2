/* SPDX-License-Identifier: MIT */
/* The value given for a field, and what is wrong with it. */
#pragma once

#include "base/arena.h"
#include "schema/fields.h"

struct json_t;

/* The value that a request gives for one field, whichever way it came. */
struct given {
	enum {
		GIVEN_NOTHING, /* absent, or null */
		GIVEN_REMOVAL, /* null in a merge patch */
		GIVEN_TEXT,
		GIVEN_NUMBER,
		GIVEN_HUGE, /* a whole number beyond int64_t; number tells its side */
		GIVEN_FLAG,
		GIVEN_LIST,
		GIVEN_OBJECT,
		GIVEN_OTHER,   /* JSON of a kind that no field has */
		GIVEN_GARBLED, /* percent-encoding that is not one */
		GIVEN_TWICE
	} type;
	struct str text;
	int64_t number;
	bool flag;
	const struct json_t *json; /* GIVEN_LIST, GIVEN_OBJECT */
	bool in_path;		   /* it names a resource, which may not be there */
};

/* Reads decoded text from path or query as the field's kind wants it. */
struct given given_text(const struct field *f, struct str text);

/* Reads a member of the body; v == NULL when it is absent. The result is borrowed from v. */
struct given given_json(const struct json_t *v);

/*
 * Checks a given value and writes the member of `out`, unless that is a list or an object, whose
 * inside is not looked at. Returns the fault, to be read after the field's name ("is required"), or
 * the null str.
 */
struct str given_take(const struct given *g, const struct field *f, struct arena *a, void *out);
