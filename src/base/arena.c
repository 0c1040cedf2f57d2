/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK = 8 * 1024 - 64, /* most requests fit the first one */
	ALIGN = alignof(max_align_t)
};

struct chunk {
	struct chunk *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct chunk *first, *last;
	struct deferred *deferred;
	size_t limit, total;
	void (*oom)(void *);
	void *oom_ctx;
};

static struct chunk *chunk_make(size_t size)
{
	struct chunk *c = malloc(sizeof *c + size);

	if (c == NULL)
		return NULL;
	c->next = NULL;
	c->size = size;
	c->used = 0;
	return c;
}

struct arena *arena_make(size_t limit, void (*oom)(void *), void *ctx)
{
	struct arena *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->first = a->last = chunk_make(CHUNK);
	if (a->first == NULL) {
		free(a);
		return NULL;
	}
	a->limit = limit;
	arena_on_oom(a, oom, ctx);
	return a;
}

void arena_on_oom(struct arena *a, void (*oom)(void *), void *ctx)
{
	a->oom = oom;
	a->oom_ctx = ctx;
}

/* Passwords and tokens pass through here; the compiler may not drop the wipe. */
static void chunk_wipe(struct chunk *c, size_t from)
{
	explicit_bzero(c->data + from, c->used - from);
	c->used = from;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){
		.chunk = a->last, .deferred = a->deferred, .used = a->last->used, .total = a->total
	};
}

void arena_rewind(struct arena *a, struct arena_mark to)
{
	struct chunk *last = to.chunk;

	/* A deferred call may defer again; each is taken off before it runs. */
	while (a->deferred != to.deferred) {
		struct deferred *d = a->deferred;

		a->deferred = d->next;
		d->fn(d->p);
	}
	for (struct chunk *c = last->next; c != NULL;) {
		struct chunk *next = c->next;

		chunk_wipe(c, 0);
		free(c);
		c = next;
	}
	chunk_wipe(last, to.used);
	last->next = NULL;
	a->last = last;
	a->total = to.total;
}

void arena_reset(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){ .chunk = a->first });
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

void arena_exhausted(struct arena *a)
{
	if (a->oom != NULL)
		a->oom(a->oom_ctx);
	fputs("postern: out of memory\n", stderr);
	abort();
}

static bool make_room(struct arena *a, size_t need)
{
	if (a->last->size - a->last->used >= need)
		return true;

	struct chunk *c = chunk_make(need > CHUNK ? need : CHUNK);

	if (c == NULL)
		return false;
	a->last = a->last->next = c;
	return true;
}

/* Bytes that hold anything; NULL when there is no room. */
static void *take(struct arena *a, size_t n)
{
	/* The margin keeps the sums below from wrapping, whatever the limit. */
	if (n > PTRDIFF_MAX - CHUNK || n > a->limit || a->total > a->limit - n)
		return NULL;

	size_t need = (n + ALIGN - 1) / ALIGN * ALIGN;

	if (!make_room(a, need))
		return NULL;

	void *p = a->last->data + a->last->used;

	a->last->used += need;
	a->total += need;
	return p;
}

char *arena_bytes(struct arena *a, size_t n)
{
	char *p = take(a, n);

	if (p == NULL)
		arena_exhausted(a);
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_bytes(a, n), 0, n);
}

void arena_reserve(struct arena *a, size_t n)
{
	if (!make_room(a, n))
		arena_exhausted(a);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n = 0;

	if (__builtin_mul_overflow(count, size, &n))
		arena_exhausted(a);
	return arena_alloc(a, n);
}

void arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	if (p == NULL)
		return;

	struct deferred *d = take(a, sizeof *d);

	if (d == NULL) {
		fn(p);
		arena_exhausted(a);
	}
	*d = (struct deferred){ a->deferred, fn, p };
	a->deferred = d;
}

struct str arena_dup(struct arena *a, struct str s)
{
	if (s.p == NULL)
		return s;

	char *p = arena_bytes(a, s.n + 1);

	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}

struct str arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(n >= 0);

	char *p = arena_bytes(a, (size_t)n + 1);

	vsnprintf(p, (size_t)n + 1, format, args);
	return (struct str){ p, (size_t)n };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct str s = arena_vprintf(a, format, args);
	va_end(args);
	return s;
}
