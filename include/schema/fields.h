/* SPDX-License-Identifier: MIT */
/*
 * A struct that travels as JSON, described once: the description decodes it from path, query and
 * body, encodes it, and prints its JSON Schema. Where a field of an input comes from follows from
 * the route: a name that stands in the path as {name} is taken from there; otherwise GET and
 * DELETE take it from the query, the other methods from the body.
 */
#pragma once

#include <stddef.h>

#include "base/kind.h"

enum format {
	FORMAT_ANY,
	FORMAT_EMAIL, /* text/email.h */
	FORMAT_TEXT   /* one line that shows all that it is: str_shown */
};

/* Optional fields of a body of which either those of one side are given or those of the other. */
enum side {
	SIDE_NONE,
	SIDE_ONE,
	SIDE_OTHER,
	SIDE_ONE_OR_NEITHER /* as SIDE_ONE, and all of both may be missing */
};

struct field {
	const char *name;
	size_t name_n; /* its bytes */
	size_t offset;
	enum kind kind;
	/* Input: may be missing; the member then holds `preset` (integers) or null. */
	bool optional;
	/* Input: offset of a bool that is set when the field was given, where `preset` does not
	 * tell that; see GIVEN. 0: none. */
	size_t given;
	/* Strings: length in code points; integers: value. max == 0: no upper bound. */
	int64_t min, max;
	/* Strings: length in bytes, for what is hashed or stored as bytes. 0: no bound. */
	int64_t max_bytes;
	int64_t preset;
	enum format format;
	const char *one_of;  /* Strings: the values that there are, as "user, admin" */
	const char *pattern; /* POSIX extended regular expression, anchored by its author */
	const char *doc;     /* one line for OpenAPI, no full stop at its end; NULL for none */
	enum side side;
};

struct schema {
	const char *name;
	const struct field *fields;
	size_t n;
	size_t size; /* of the struct; 0: no input at all */
};

/*
 * The C member's type gives the kind. FIELD_KIND_IDS is a list of associations for the id types
 * that the database defines (gen/ids.h); it is looked up where FIELD is used.
 */
/* clang-format off */
#define FIELD_KIND(type, member)                                                                   \
	_Generic(((struct type *)0)->member,                                                       \
		bool: KIND_BOOL,                                                                   \
		int32_t: KIND_I32,                                                                 \
		int64_t: KIND_I64,                                                                 \
		struct str: KIND_STR,                                                              \
		struct secret: KIND_SECRET,                                                        \
		struct instant: KIND_INSTANT,                                                      \
		FIELD_KIND_IDS                                                                     \
		struct uuid: KIND_UUID)
/* clang-format on */

/*
 * What a SCHEMA describes: the one that stands around a FIELD where it is compiled to be checked,
 * anything where it makes the table, for at file scope no name can mean another struct each time.
 */
struct schema_of {
	void *of;
};

/* Whether the innermost struct schema_of is of that type. */
#define SCHEMA_IS(type)                                                                            \
	__builtin_types_compatible_p(type *, __typeof__(((struct schema_of *)0)->of))

/* 0; does not compile where a FIELD is of another struct than its SCHEMA, whose end it may pass. */
#define FIELD_IN_SCHEMA(type) (0 * sizeof(char[SCHEMA_IS(struct type) || SCHEMA_IS(void) ? 1 : -1]))

#define FIELD_AS(json_name, type, member, ...)                                                     \
	{                                                                                          \
		.name = json_name, .name_n = sizeof(json_name) - 1,                                \
		.offset = offsetof(struct type, member) + FIELD_IN_SCHEMA(type),                   \
		.kind = FIELD_KIND(type, member), __VA_ARGS__                                      \
	}

/* FIELD(struct tag, member, .min = 1, ...): the JSON name is the member's. */
#define FIELD(type, member, ...) FIELD_AS(#member, type, member, __VA_ARGS__)

/* FIELD(tag, on, .optional = true, GIVEN(tag, on_given)): whether a client has said anything. */
#define GIVEN(type, member) .given = offsetof(struct type, member) + FIELD_IN_SCHEMA(type)

/* Defines `label_schema` for struct `type`. */
#define SCHEMA(label, type, ...)                                                                   \
	static inline __attribute__((unused)) size_t label##_fields_check(void)                    \
	{                                                                                          \
		struct schema_of {                                                                 \
			struct type *of;                                                           \
		};                                                                                 \
		return sizeof((const struct field[]){ __VA_ARGS__ });                              \
	}                                                                                          \
	static const struct field label##_fields[] = { __VA_ARGS__ };                              \
	const struct schema label##_schema = { #label, label##_fields,                             \
					       sizeof label##_fields / sizeof *label##_fields,     \
					       sizeof(struct type) }

/* An operation that takes nothing: its handler's input has no members. */
#define SCHEMA_NONE(label) const struct schema label##_schema = { #label, NULL, 0, 0 }
