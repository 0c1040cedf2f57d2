/* SPDX-License-Identifier: MIT */
#include "db/list.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum { TEXT_OID = 25 /* never changes */, HEAD = 12, DIMENSION = 8, LENGTH = 4 };

/* Takes a number from the front; false where there is none. */
static bool take(struct str *rest, int32_t *out)
{
	uint32_t be = 0;

	if (rest->n < sizeof be)
		return false;
	memcpy(&be, rest->p, sizeof be);
	*out = (int32_t)be32toh(be);
	*rest = str_from_at(*rest, sizeof be);
	return true;
}

static char *put(char *to, uint32_t v)
{
	uint32_t be = htobe32(v);

	memcpy(to, &be, sizeof be);
	return to + sizeof be;
}

bool list_read(struct str sent, struct arena *a, struct str_list *out)
{
	int32_t dimensions = 0, nulls = 0, type = 0, n = 0, bound = 0;
	struct str rest = sent;

	if (!take(&rest, &dimensions) || !take(&rest, &nulls) || !take(&rest, &type) ||
	    type != TEXT_OID || dimensions < 0 || dimensions > 1)
		return false;
	if (dimensions == 1 && (!take(&rest, &n) || !take(&rest, &bound)))
		return false;
	/* Each text has at least its length. */
	if (n < 0 || (size_t)n > rest.n / LENGTH)
		return false;

	struct str_list list = { arena_new_array(a, (size_t)n + 1, struct str), (size_t)n };

	for (size_t i = 0; i < list.n; i++) {
		int32_t length = 0;

		if (!take(&rest, &length) || length < 0 || (size_t)length > rest.n)
			return false;
		list.v[i] = arena_dup(a, (struct str){ rest.p, (size_t)length });
		rest = str_from_at(rest, (size_t)length);
	}
	if (rest.n > 0)
		return false;
	*out = list;
	return true;
}

struct str list_write(struct str_list list, struct arena *a)
{
	size_t size = HEAD + DIMENSION;

	if (list.v == NULL)
		return (struct str){ 0 };
	for (size_t i = 0; i < list.n; i++)
		size += LENGTH + list.v[i].n;

	char *start = arena_bytes(a, size), *to = start;

	to = put(to, list.n > 0);
	to = put(to, 0);
	to = put(to, TEXT_OID);
	if (list.n > 0) {
		to = put(to, (uint32_t)list.n);
		to = put(to, 1);
	}
	for (size_t i = 0; i < list.n; i++) {
		assert(list.v[i].p != NULL);
		to = put(to, (uint32_t)list.v[i].n);
		if (list.v[i].n > 0)
			memcpy(to, list.v[i].p, list.v[i].n);
		to += list.v[i].n;
	}
	return (struct str){ start, (size_t)(to - start) };
}
