/* SPDX-License-Identifier: MIT */
/*
 * A struct that travels as JSON, described once: the description decodes it from path, query and
 * body, encodes it, and prints its JSON Schema. The route tells where a field of an input comes
 * from: a name that stands in the path as {name} is taken from there; otherwise GET and DELETE take
 * it from the query, the other methods from the body.
 */
#pragma once

#include <stddef.h>

#include "base/kind.h"

enum format {
	FORMAT_ANY,
	FORMAT_EMAIL, /* an address that is told; one that is taken is a struct email */
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
	const char *pattern; /* POSIX extended regular expression, anchored by its author */
	const char *doc;     /* one line for OpenAPI, no full stop at its end; NULL for none */
	enum side side;
	const struct vocabulary *words; /* enums, and lists of them */
	/*
	 * Lists: the kind of their items, which min, max, format and so on are about; and how many.
	 */
	enum kind item;
	int64_t min_items, max_items;
	const struct schema *of; /* objects, and lists of them */
};

struct schema {
	const char *name;
	const struct field *fields;
	size_t n;
	size_t size; /* of the struct; 0: no input at all */
};

/*
 * The C member's type gives the kind. FIELD_KIND_IDS and FIELD_KIND_ENUMS are lists of associations
 * for the ids and the enums that the database defines (gen/ids.h, gen/enums.h), FIELD_VOCABULARIES
 * of the enums' words; all three are looked up where FIELD is used.
 */
/* clang-format off */
#define FIELD_KIND(member)                                                                         \
	_Generic(member,                                                                           \
		bool: KIND_BOOL,                                                                   \
		int32_t: KIND_I32,                                                                 \
		int64_t: KIND_I64,                                                                 \
		struct str: KIND_STR,                                                              \
		struct secret: KIND_SECRET,                                                        \
		struct instant: KIND_INSTANT,                                                      \
		struct email: KIND_EMAIL,                                                          \
		FIELD_KIND_IDS                                                                     \
		FIELD_KIND_ENUMS                                                                   \
		struct uuid: KIND_UUID)

#define FIELD_WORDS(member) _Generic(member, FIELD_VOCABULARIES default: NULL)
/* clang-format on */

/* The member, of a struct that is nowhere. */
#define FIELD_MEMBER(type, member) (((struct type *)0)->member)

/*
 * The struct that a SCHEMA describes: the one that stands around a FIELD where it is compiled to be
 * checked, any where it makes the table, for at file scope no name can mean another struct each
 * time.
 */
struct schema_of {
	void *of;
};

/* Whether the innermost struct schema_of is of that type. */
#define SCHEMA_IS(type)                                                                            \
	__builtin_types_compatible_p(type *, __typeof__(((struct schema_of *)0)->of))

/* 0; does not compile where a FIELD is of another struct than its SCHEMA, whose end it may pass. */
#define FIELD_IN_SCHEMA(type) (0 * sizeof(char[SCHEMA_IS(struct type) || SCHEMA_IS(void) ? 1 : -1]))

#define FIELD_PLACE(json_name, type, member)                                                       \
	.name = json_name, .name_n = sizeof(json_name) - 1,                                        \
	.offset = offsetof(struct type, member) + FIELD_IN_SCHEMA(type)

#define FIELD_AS(json_name, type, member, ...)                                                     \
	{                                                                                          \
		FIELD_PLACE(json_name, type, member),                                              \
			.kind = FIELD_KIND(FIELD_MEMBER(type, member)),                            \
			.words = FIELD_WORDS(FIELD_MEMBER(type, member)), __VA_ARGS__              \
	}

/* FIELD(struct tag, member, .min = 1, ...): the JSON name is the member's. */
#define FIELD(type, member, ...) FIELD_AS(#member, type, member, __VA_ARGS__)

/* 0; does not compile where a member is no struct { T *v; size_t n; }. */
#define FIELD_LIST_LAID_OUT(type, member)                                                          \
	(0 * sizeof(char[sizeof FIELD_MEMBER(type, member) == sizeof(struct list) &&               \
					 offsetof(struct type, member.v) ==                        \
						 offsetof(struct type, member) &&                  \
					 sizeof FIELD_MEMBER(type, member.n) == sizeof(size_t)     \
				 ? 1                                                               \
				 : -1]))

/*
 * FIELD_LIST(struct tag, member, 10, .max = 80, ...): a list of at most 10 items, to which `v`
 * points. Bounds, format and pattern are those of each item. Comes from a body only.
 */
#define FIELD_LIST(type, member, most, ...)                                                        \
	{                                                                                          \
		FIELD_PLACE(#member, type, member) + FIELD_LIST_LAID_OUT(type, member),            \
			.kind = KIND_LIST, .max_items = most,                                      \
			.item = FIELD_KIND(*FIELD_MEMBER(type, member.v)),                         \
			.words = FIELD_WORDS(*FIELD_MEMBER(type, member.v)), __VA_ARGS__           \
	}

/* The schema of a label; does not compile where it describes another struct than `value` is. */
#define FIELD_SCHEMA(label, value)                                                                 \
	(&label##_schema +                                                                         \
	 0 * sizeof(char[__builtin_types_compatible_p(label##_struct, __typeof__(value)) ? 1       \
											 : -1]))

/* FIELD_OBJECT(struct tag, member, label, ...): the member points at a struct that SCHEMA(label,
 * ...) describes. Comes from a body only. */
#define FIELD_OBJECT(type, member, label, ...)                                                     \
	{                                                                                          \
		FIELD_PLACE(#member, type, member),                                                \
			.kind = KIND_OBJECT,                                                       \
			.of = FIELD_SCHEMA(label, *FIELD_MEMBER(type, member)), __VA_ARGS__        \
	}

/* FIELD_OBJECTS(struct tag, member, label, 10, ...): a list of at most 10 such structs, one behind
 * the other. */
#define FIELD_OBJECTS(type, member, label, most, ...)                                              \
	{                                                                                          \
		FIELD_PLACE(#member, type, member) + FIELD_LIST_LAID_OUT(type, member),            \
			.kind = KIND_LIST, .item = KIND_OBJECT, .max_items = most,                 \
			.of = FIELD_SCHEMA(label, *FIELD_MEMBER(type, member.v)), __VA_ARGS__      \
	}

/* FIELD(tag, on, .optional = true, GIVEN(tag, on_given)): on_given is set where `on` was given. */
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
	typedef struct type label##_struct;                                                        \
	static const struct field label##_fields[] = { __VA_ARGS__ };                              \
	const struct schema label##_schema = { #label, label##_fields,                             \
					       sizeof label##_fields / sizeof *label##_fields,     \
					       sizeof(struct type) }

/* An operation that takes nothing: its handler's input has no members. */
#define SCHEMA_NONE(label) const struct schema label##_schema = { #label, NULL, 0, 0 }
