/* SPDX-License-Identifier: MIT */
/* Replies are written straight from the struct: no tree between, no allocation a member. */
#include <string.h>

#include "schema/json.h"

/* Null members and secrets are not written; see base/kind.h for what null is. */
static inline bool left_out(enum kind kind, const char *at)
{
	const void *p = NULL;
	struct instant instant = { 0 };
	struct uuid id = { 0 };
	int value = 0;

	switch (kind) {
	case KIND_SECRET:
		return true;
	case KIND_STR:
	case KIND_EMAIL:
	case KIND_LIST:
	case KIND_OBJECT:
		/* All these begin with the pointer that may be null. */
		memcpy(&p, at, sizeof p);
		return p == NULL;
	case KIND_INSTANT:
		memcpy(&instant, at, sizeof instant);
		return instant.us == INSTANT_NONE.us;
	case KIND_UUID:
		memcpy(&id, at, sizeof id);
		return uuid_none(id);
	case KIND_ENUM:
		memcpy(&value, at, sizeof value);
		return value == 0;
	case KIND_BOOL:
	case KIND_I32:
	case KIND_I64:
		break;
	}
	return false;
}

static void number(struct buf *b, enum kind kind, const char *at)
{
	int32_t narrow = 0;
	int64_t wide = 0;

	if (kind == KIND_I32) {
		memcpy(&narrow, at, sizeof narrow);
		wide = narrow;
	} else {
		memcpy(&wide, at, sizeof wide);
	}
	buf_i64(b, wide);
}

static void flag(struct buf *b, const char *at)
{
	bool v = false;

	memcpy(&v, at, sizeof v);
	buf_add(b, v ? STR("true") : STR("false"));
}

static void text(struct buf *b, const char *at)
{
	struct str v = { 0 };

	memcpy(&v, at, sizeof v);
	buf_json(b, v);
}

static void instant(struct buf *b, const char *at)
{
	struct instant v = { 0 };
	char *p = buf_room(b, INSTANT_TEXT + 2);

	memcpy(&v, at, sizeof v);
	*p = '"';
	b->n += instant_format(v, p + 1).n + 1;
	buf_char(b, '"');
}

static void uuid(struct buf *b, const char *at)
{
	struct uuid v = { 0 };
	char *p = buf_room(b, UUID_TEXT + 2);

	memcpy(&v, at, sizeof v);
	*p = '"';
	b->n += uuid_format(v, p + 1).n + 1;
	buf_char(b, '"');
}

/* A word needs no escape. */
static void word(struct buf *b, const struct vocabulary *words, const char *at)
{
	int value = 0;

	memcpy(&value, at, sizeof value);

	struct str v = vocabulary_word(words, value);
	char *p = buf_room(b, v.n + 2);

	*p = '"';
	memcpy(p + 1, v.p, v.n);
	p[v.n + 1] = '"';
	b->n += v.n + 2;
}

/* Lists are apart, so that the kinds written most are compiled into the loop over the fields. */
static __attribute__((noinline)) void list(struct buf *b, const struct field *f, const char *at);

static void object(struct buf *b, const struct field *f, const char *at)
{
	const void *p = NULL;

	memcpy(&p, at, sizeof p);
	json_encode(f->of, p, b);
}

static inline void value(struct buf *b, const struct field *f, enum kind kind, const char *at)
{
	switch (kind) {
	case KIND_BOOL:
		return flag(b, at);
	case KIND_I32:
	case KIND_I64:
		return number(b, kind, at);
	case KIND_STR:
	case KIND_EMAIL:
		return text(b, at);
	case KIND_INSTANT:
		return instant(b, at);
	case KIND_UUID:
		return uuid(b, at);
	case KIND_ENUM:
		return word(b, f->words, at);
	case KIND_LIST:
		return list(b, f, at);
	case KIND_OBJECT:
		return object(b, f, at);
	case KIND_SECRET:
		return;
	}
}

/* A null item cannot be left out of a list: it is written as null. */
static void list(struct buf *b, const struct field *f, const char *at)
{
	struct list all = { 0 };
	size_t size = kind_size(f->item);

	memcpy(&all, at, sizeof all);
	if (f->item == KIND_OBJECT)
		return json_encode_list(f->of, all.v, all.n, b);
	buf_char(b, '[');
	for (size_t i = 0; i < all.n; i++) {
		const char *item = (const char *)all.v + i * size;

		if (i > 0)
			buf_char(b, ',');
		if (left_out(f->item, item))
			buf_add(b, STR("null"));
		else
			value(b, f, f->item, item);
	}
	buf_char(b, ']');
}

/* Names of fields are identifiers: nothing in them needs an escape. */
static void name(struct buf *b, char separator, const struct field *f)
{
	char *p = buf_room(b, f->name_n + 4);

	*p++ = separator;
	*p++ = '"';
	memcpy(p, f->name, f->name_n);
	memcpy(p + f->name_n, "\":", 2);
	b->n += f->name_n + 4;
}

void json_encode(const struct schema *s, const void *in, struct buf *b)
{
	char separator = '{';

	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		const char *at = (const char *)in + f->offset;

		if (left_out(f->kind, at))
			continue;
		name(b, separator, f);
		separator = ',';
		value(b, f, f->kind, at);
	}
	if (separator == '{')
		buf_char(b, '{');
	buf_char(b, '}');
}

void json_encode_list(const struct schema *s, const void *in, size_t n, struct buf *b)
{
	size_t start = b->n;

	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		/* The first object tells how much room the others take. */
		if (i == 1)
			buf_room(b, (n - 1) * (b->n - start) * 9 / 8);
		if (i > 0)
			buf_char(b, ',');
		json_encode(s, (const char *)in + i * s->size, b);
	}
	buf_char(b, ']');
}
