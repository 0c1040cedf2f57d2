/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"

/* An id by RFC 9562. All zero means "none": SQL null. */
struct uuid {
	uint8_t b[16];
};

enum { UUID_TEXT = 37 }; /* 36 characters and NUL */

/* A version 7 id (RFC 9562 section 5.7): never goes backwards within a process. */
struct uuid uuid_v7(void);

/*
 * The least version 7 id of an instant's millisecond: ids of that time or later are not below it.
 * Instants before 1970 are cut to 1970.
 */
struct uuid uuid_v7_least(struct instant t);

/* Reads the 8-4-4-4-12 form, either case. */
bool uuid_parse(struct str text, struct uuid *out);

/* Writes that form in lower case. */
struct str uuid_format(struct uuid id, char text[static UUID_TEXT]);

bool uuid_eq(struct uuid a, struct uuid b);
bool uuid_none(struct uuid id);
