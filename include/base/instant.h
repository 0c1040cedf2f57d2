/* SPDX-License-Identifier: MIT */
/* Points in time. Wall-clock instants are for people and tokens, ticks for deadlines. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time). */
struct instant {
	int64_t us;
};

/* "No instant": SQL null. */
#define INSTANT_NONE ((struct instant){ INT64_MIN })

enum { INSTANT_TEXT = 28 }; /* "2026-11-22T12:34:56.123456Z" and NUL */

/* The wall clock. */
struct instant instant_now(void);

/* RFC 3339 section 5.6 in UTC with microseconds. Years 0..9999; others are cut to them. */
struct str instant_format(struct instant t, char text[static INSTANT_TEXT]);

/*
 * Reads RFC 3339 section 5.6, with any offset and any number of digits of a second, of which six
 * count. False for anything else: a date that there is not, a leap second, a time that is in UTC
 * before 1970 or beyond 9999.
 */
bool instant_parse(struct str text, struct instant *out);

/* Microseconds on a clock that never jumps (CLOCK_MONOTONIC). */
int64_t ticks_us(void);
