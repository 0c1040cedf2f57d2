/* SPDX-License-Identifier: MIT */
/* The faults of an input, all of them. */
#pragma once

#include "base/arena.h"

struct fault {
	struct fault *next;
	struct str pointer; /* RFC 6901, into the body; "/name" for path and query */
	struct str message;
};

/* Faults in the order they were found, at most FAULTS_MAX. */
struct faults {
	struct fault *first, *last;
	size_t n;
};

enum { FAULTS_MAX = 32 };

void fault_add(struct faults *f, struct arena *a, struct str pointer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Prefix, "/" and name, with "~" and "/" escaped: one step of a pointer (RFC 6901 section 3). */
struct str pointer_step(struct str prefix, struct str name, struct arena *a);
