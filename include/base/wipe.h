/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/*
 * Overwrites a heap block, then frees it. For libraries that keep copies of secrets and let their
 * allocator be replaced. NULL is allowed.
 */
void wipe_free(void *p);

/* The same for a block that is to have n bytes: what there was is moved, and wiped where it was. */
void *wipe_realloc(void *p, size_t n);
