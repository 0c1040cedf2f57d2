/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct buf buf_make(struct arena *a, size_t size)
{
	return (struct buf){ .arena = a, .p = arena_bytes(a, size), .size = size };
}

char *buf_grow(struct buf *b, size_t n)
{
	size_t size = b->size * 2 > b->n + n ? b->size * 2 : b->n + n;
	char *p = arena_bytes(b->arena, size);

	if (b->n > 0)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->size = size;
	return b->p + b->n;
}

void buf_add(struct buf *b, struct str s)
{
	if (s.n == 0)
		return;
	memcpy(buf_room(b, s.n), s.p, s.n);
	b->n += s.n;
}

void buf_i64(struct buf *b, int64_t v)
{
	char digits[20]; /* of INT64_MIN, with its sign */
	char *p = digits + sizeof digits;
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, (struct str){ p, (size_t)(digits + sizeof digits - p) });
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_add(b, arena_vprintf(b->arena, format, args));
	va_end(args);
}

static bool plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * The highest bit of each byte that is less than n, which is at most 0x80; above such a byte,
 * perhaps that of others as well.
 */
static uint64_t below(uint64_t v, uint8_t n)
{
	return (v - EACH(n)) & ~v & EACH(0x80);
}

/* Whether eight bytes are plain. */
static bool plain_all(const char *p)
{
	uint64_t v = 0;

	memcpy(&v, p, sizeof v);
	return (below(v, 0x20) | below(v ^ EACH('"'), 1) | below(v ^ EACH('\\'), 1)) == 0;
}

static void escape(struct buf *b, char c)
{
	switch (c) {
	case '"':
	case '\\':
		buf_char(b, '\\');
		buf_char(b, c);
		return;
	case '\n':
		return buf_add(b, STR("\\n"));
	case '\r':
		return buf_add(b, STR("\\r"));
	case '\t':
		return buf_add(b, STR("\\t"));
	default:
		buf_printf(b, "\\u%04x", (unsigned)(unsigned char)c);
	}
}

void buf_json(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.n;) {
		size_t run = i;

		while (run + 8 <= s.n && plain_all(s.p + run))
			run += 8;
		while (run < s.n && plain(s.p[run]))
			run++;
		buf_add(b, (struct str){ s.p + i, run - i });
		if (run < s.n)
			escape(b, s.p[run++]);
		i = run;
	}
	buf_char(b, '"');
}

struct str buf_str(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (struct str){ b->p, b->n };
}
