/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Overwrites a heap block, then frees it. For libraries that keep copies of secrets and let their
 * allocator be replaced. NULL is allowed.
 */
void wipe_free(void *p);

/* The same for a block that is to have n bytes: what there was is moved, and wiped where it was. */
void *wipe_realloc(void *p, size_t n);

/*
 * malloc for a library that goes on where it finds no memory: drops what had no place, or dies. So
 * there are a few spare blocks, with which it ends what it has begun, and nobody uses the result.
 */
void *wipe_malloc(size_t n);

/* Before: whether the spare blocks are there, and room for n bytes. */
bool wipe_begin(size_t n);

/* After: whether memory ran out since. */
bool wipe_short(void);

/* Whether n bytes could be had: for a library that takes them from malloc itself. */
bool wipe_room(size_t n);
