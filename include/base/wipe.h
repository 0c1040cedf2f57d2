/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Overwrites a heap block, then frees it. For libraries that keep copies of secrets and let their
 * allocator be replaced. NULL is allowed.
 */
void wipe_free(void *p);

/* Moves a block to one that has n bytes; the old one is wiped and freed. */
void *wipe_realloc(void *p, size_t n);

/*
 * A malloc for a library that goes on where it finds no memory: it drops data that had no place, or
 * dies. So there are a few spare blocks, with which it ends the work it has begun, and nobody uses
 * the result.
 */
void *wipe_malloc(size_t n);

/* Whether the spare blocks are there, and room for n bytes; to be called before the library is. */
bool wipe_begin(size_t n);

/* Whether memory ran out since wipe_begin. */
bool wipe_short(void);

/* Whether n bytes could be had: for a library that takes its memory from malloc itself. */
bool wipe_room(size_t n);
