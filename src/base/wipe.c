/* SPDX-License-Identifier: MIT */
#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

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
