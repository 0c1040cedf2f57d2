/* SPDX-License-Identifier: MIT */
/* Base64url as RFC 7515 section 2 has it: no padding, no line breaks, no stray bits at the end. */
#pragma once

#include "base/arena.h"

/* The text of bytes; it and its NUL are in the arena. */
struct str base64url_write(struct str bytes, struct arena *a);

/* The bytes of a text that is not empty; false when the text is not base64url. */
bool base64url_read(struct str text, struct arena *a, struct str *bytes);
