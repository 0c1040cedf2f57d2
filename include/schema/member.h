/* SPDX-License-Identifier: MIT */
/* A member of an input and all that is inside it. */
#pragma once

#include "schema/fault.h"
#include "schema/given.h"

/* A place within a body: a member of what `in` leads to (NULL: of the body), or an item. */
struct place {
	const struct place *in;
	struct str name; /* null: the place is an item */
	size_t index;
};

/*
 * One decoding of one body: where its faults go, and whether null removes the member it stands for.
 */
struct taking {
	struct arena *arena;
	struct faults *faults;
	bool patch;
};

/* given_take for a member and all that is inside it; notes each fault with the place. */
void member_take(const struct taking *t, const struct given *g, const struct field *f,
		 const struct place *at, void *out);

/* The value given for a member of the body; RFC 7396: a null in a patch removes the member. */
struct given member_given(const struct taking *t, const struct json_t *v);

/* Notes a name that nobody asked for, as a member of what `in` leads to. */
void member_strange(struct faults *f, struct arena *a, const struct place *in, struct str name);
