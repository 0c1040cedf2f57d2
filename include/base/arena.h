/* SPDX-License-Identifier: MIT */
/*
 * Memory that lives as long as one piece of work (a request, a command). Everything is released
 * at once; foreign objects are adopted with arena_defer on the line that makes them.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/*
 * Makes an arena that hands out at most `limit` bytes between two resets. When the limit is
 * reached or malloc fails, `oom(ctx)` is called and must not return; NULL ends the process.
 * Returns NULL only when there is no memory for the arena itself.
 */
struct arena *arena_make(size_t limit, void (*oom)(void *), void *ctx);

/* Changes what happens when memory runs out. */
void arena_on_oom(struct arena *a, void (*oom)(void *), void *ctx);

/* Runs the deferred calls, newest first, wipes all memory handed out, keeps the first chunk. */
void arena_reset(struct arena *a);

/* The state of an arena, to come back to. */
struct arena_mark {
	void *chunk, *deferred;
	size_t used, total;
};

struct arena_mark arena_mark(const struct arena *a);

/*
 * Releases the memory handed out since a mark, as arena_reset does with everything: for work that
 * goes round and round. A struct buf that grows in the arena must not have outgrown its place
 * since.
 */
void arena_rewind(struct arena *a, struct arena_mark to);

/* arena_reset, then releases the arena. NULL is allowed. */
void arena_free(struct arena *a);

/* n zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t n);

/* n bytes that hold anything, for text that is written at once. Never NULL. */
char *arena_bytes(struct arena *a, size_t n);

/* count * size zeroed bytes; an overflow counts as out of memory. */
void *arena_array(struct arena *a, size_t count, size_t size);

/*
 * Sees to it that the next n bytes, in small pieces, find room: for work that may not end in the
 * middle.
 */
void arena_reserve(struct arena *a, size_t n);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* Calls fn(p) at the reset, also when memory runs out in this very call. p may be NULL: no call. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

/* A NUL-terminated copy. The null str stays null. */
struct str arena_dup(struct arena *a, struct str s);

struct str arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct str arena_vprintf(struct arena *a, const char *format, va_list args);

/*
 * Makes the out-of-memory call, for code that finds a foreign allocation failed. Does not return.
 */
_Noreturn void arena_exhausted(struct arena *a);
