/* SPDX-License-Identifier: MIT */
#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { SPARES = 2, SPARE = 4096 };

void wipe_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void *wipe_realloc(void *p, size_t n)
{
	void *moved = malloc(n);
	size_t had = p == NULL ? 0 : malloc_usable_size(p);

	if (moved == NULL || p == NULL)
		return moved;
	memcpy(moved, p, had < n ? had : n);
	wipe_free(p);
	return moved;
}

/* The blocks are from malloc, for their taker may give them to free. */
static struct {
	void *blocks[SPARES];
	bool used;
} spare;

void *wipe_malloc(size_t n)
{
	void *p = malloc(n);

	spare.used = spare.used || p == NULL;
	for (size_t i = 0; p == NULL && n <= SPARE && i < SPARES; i++) {
		p = spare.blocks[i];
		spare.blocks[i] = NULL;
	}
	return p;
}

bool wipe_begin(size_t n)
{
	spare.used = false;
	for (size_t i = 0; i < SPARES; i++) {
		if (spare.blocks[i] == NULL)
			spare.blocks[i] = malloc(SPARE);
		if (spare.blocks[i] == NULL)
			return false;
	}
	return wipe_room(n);
}

bool wipe_short(void)
{
	return spare.used;
}

bool wipe_room(size_t n)
{
	/* p is volatile, or a compiler sees that nobody uses the memory, and asks for none. */
	void *volatile p = malloc(n);

	free(p);
	return p != NULL;
}
