/* SPDX-License-Identifier: MIT */
/*
 * The few types that cross a border: a JSON member, a statement's parameter or column. There is one
 * list of them, so that db and http agree without knowing one another.
 */
#pragma once

#include "base/arena.h"
#include "base/instant.h"
#include "base/str.h"
#include "base/uuid.h"

enum kind {
	KIND_BOOL,    /* bool */
	KIND_I32,     /* int32_t */
	KIND_I64,     /* int64_t */
	KIND_STR,     /* struct str; p == NULL is null */
	KIND_SECRET,  /* struct secret; p == NULL is null */
	KIND_INSTANT, /* struct instant; INSTANT_NONE is null */
	KIND_UUID,    /* struct uuid, or a struct made of just one; all zero is null */
	KIND_ENUM,    /* an enum with a vocabulary; 0 is null */
	KIND_EMAIL,   /* struct email; text.p == NULL is null */
	KIND_LIST,    /* a struct { T *v; size_t n; } of any other kind; v == NULL is null */
	KIND_OBJECT   /* a pointer to a struct; NULL is null */
};

/* An address as its owner writes it, and the key that all its spellings share (text/email.h). */
struct email {
	struct str text, key;
};

/* The beginning of a list of any kind, for code that does not know T. */
struct list {
	void *v;
	size_t n;
};

/*
 * The words that the values of an enum have outside: words[value]. words[0] is the null str, for 0
 * is no value. They are printable ASCII without quotes and "\\"; JSON need not escape them.
 */
struct vocabulary {
	const struct str *words;
	size_t n; /* words, the null one included */
};

/* The vocabulary of an array of words whose first one is null. */
#define VOCABULARY(array)                                                                          \
	{                                                                                          \
		array, sizeof(array) / sizeof *(array)                                             \
	}

/* The word of a value; the null str for 0 and for a number that is no value of that enum. */
static inline struct str vocabulary_word(const struct vocabulary *v, int value)
{
	return value > 0 && (size_t)value < v->n ? v->words[value] : (struct str){ 0 };
}

/* Sets *value to the value of a word, compared byte for byte; false when there is no such word. */
bool vocabulary_find(const struct vocabulary *v, struct str word, int *value);

/* "user, admin": all words, for people. */
struct str vocabulary_list(const struct vocabulary *v, struct arena *a);

/* Size in bytes of the C type of a kind. */
static inline size_t kind_size(enum kind k)
{
	switch (k) {
	case KIND_BOOL:
		return sizeof(bool);
	case KIND_I32:
		return sizeof(int32_t);
	case KIND_I64:
		return sizeof(int64_t);
	case KIND_STR:
		return sizeof(struct str);
	case KIND_SECRET:
		return sizeof(struct secret);
	case KIND_INSTANT:
		return sizeof(struct instant);
	case KIND_UUID:
		return sizeof(struct uuid);
	case KIND_ENUM:
		return sizeof(int);
	case KIND_EMAIL:
		return sizeof(struct email);
	case KIND_LIST:
		return sizeof(struct list);
	case KIND_OBJECT:
		return sizeof(void *);
	}
	return 0;
}
