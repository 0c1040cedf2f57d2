/* SPDX-License-Identifier: MIT */
/* Text that grows, in an arena. */
#pragma once

#include <stdarg.h>

#include "base/arena.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t n, size;
};

/* An empty buffer with room for `size` bytes; it moves when it outgrows them. */
struct buf buf_make(struct arena *a, size_t size);

/* Moves a buffer to room for n more bytes: buf_room calls it where there is none. */
char *buf_grow(struct buf *b, size_t n);

/* Room for n more bytes, to be filled in and then counted with b->n += n. */
static inline char *buf_room(struct buf *b, size_t n)
{
	return b->size - b->n < n ? buf_grow(b, n) : b->p + b->n;
}

void buf_add(struct buf *b, struct str s);

static inline void buf_char(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes (RFC 8259 section 7). s is valid UTF-8. */
void buf_json(struct buf *b, struct str s);

/* The text in a buffer, NUL-terminated; later additions leave it stale. */
struct str buf_str(struct buf *b);
