/* SPDX-License-Identifier: MIT */
/* A member of an input and all that is inside it. */
#pragma once

#include "schema/fault.h"
#include "schema/given.h"

/* Where something is within a body: a member of what `in` leads to (NULL: of the body), or an
 * item. */
struct place {
	const struct place *in;
	struct str name; /* null: it is an item */
	size_t index;
};

/* One decoding of one body: where its faults go, and whether null removes what it stands for. */
struct taking {
	struct arena *arena;
	struct faults *faults;
	bool patch;
};

/* given_take for a member and all that is inside it; notes each fault with the place. */
void member_take(const struct taking *t, const struct given *g, const struct field *f,
		 const struct place *at, void *out);

/* What a member of the body says; RFC 7396: what is null in a patch is to be removed. */
struct given member_given(const struct taking *t, const struct json_t *v);

/* Notes a name that nobody asked for, as a member of what `in` leads to. */
void member_strange(struct faults *f, struct arena *a, const struct place *in, struct str name);
