/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

enum { EMAIL_MAX = 254 }; /* bytes; RFC 5321 section 4.5.3.1.3 less the brackets */

/*
 * The key that makes two spellings of one address equal: local part with ASCII letters lowered,
 * domain as IDNA A-labels (IDNA 2008, non-transitional, NFC). Nothing is trimmed. False when it is
 * not an address: no "@", local part empty or over 64 bytes, spaces, control or format characters,
 * a domain that is not letters, digits and hyphens once encoded. key may be NULL.
 */
bool email_key(struct str email, struct arena *a, struct str *key);
