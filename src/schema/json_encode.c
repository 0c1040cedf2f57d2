/* SPDX-License-Identifier: MIT */
/* Replies are written straight from the struct: no tree between, no allocation a member. */
#include <string.h>

#include "schema/json.h"

/* Null members and secrets are not written; see base/kind.h for what null is. */
static bool left_out(enum kind kind, const char *at)
{
	struct str text = { 0 };
	struct instant instant = { 0 };
	struct uuid id = { 0 };

	switch (kind) {
	case KIND_SECRET:
		return true;
	case KIND_STR:
		memcpy(&text, at, sizeof text);
		return text.p == NULL;
	case KIND_INSTANT:
		memcpy(&instant, at, sizeof instant);
		return instant.us == INSTANT_NONE.us;
	case KIND_UUID:
		memcpy(&id, at, sizeof id);
		return uuid_none(id);
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

static void value(struct buf *b, enum kind kind, const char *at)
{
	switch (kind) {
	case KIND_BOOL:
		return flag(b, at);
	case KIND_I32:
	case KIND_I64:
		return number(b, kind, at);
	case KIND_STR:
		return text(b, at);
	case KIND_INSTANT:
		return instant(b, at);
	case KIND_UUID:
		return uuid(b, at);
	case KIND_SECRET:
		return;
	}
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
		value(b, f->kind, at);
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
		/* One tells how much room the others take. */
		if (i == 1)
			buf_room(b, (n - 1) * (b->n - start) * 9 / 8);
		if (i > 0)
			buf_char(b, ',');
		json_encode(s, (const char *)in + i * s->size, b);
	}
	buf_char(b, ']');
}
