/* SPDX-License-Identifier: MIT */
/* application/x-www-form-urlencoded queries and percent-encoding (WHATWG URL, RFC 3986). */
#pragma once

#include "base/arena.h"

/*
 * Decodes %XX, and '+' as a space where `plus`; a NUL stands behind it. False on a malformed
 * escape, NUL or invalid UTF-8.
 */
bool percent_decode(struct str raw, bool plus, struct arena *a, struct str *out);

/* Moves through "a=1&b=2": raw, undecoded names and values. False at the end. */
bool query_next(struct str *rest, struct str *name, struct str *value);
