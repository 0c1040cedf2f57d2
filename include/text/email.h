/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

enum { EMAIL_MAX = 254 }; /* bytes; RFC 5321 section 4.5.3.1.3 less the brackets */

/*
 * The key that makes two spellings of one address equal: local part in NFC, without the quotes
 * around it and with ASCII letters lowered, domain as IDNA A-labels (IDNA 2008, non-transitional,
 * NFC). Nothing is trimmed. False when the text is not an address: no "@", local part empty, of
 * nothing but dots or over 64 bytes, spaces, control or format characters, a domain that is not
 * letters, digits and hyphens once encoded. Quotes that its dots ask for count, also towards
 * EMAIL_MAX: every address can be written to. A key is an address, and its own key. key may be
 * NULL.
 */
bool email_key(struct str email, struct arena *a, struct str *key);

/* The local part of a key: a name for a user who has told no other. */
struct str email_local(struct str key, struct arena *a);

/*
 * The address as mail servers want it: local part as its owner writes it, in NFC, and in quotes if
 * its dots ask for them (RFC 5321 section 4.1.2), domain as the DNS has it. False as email_key.
 */
bool email_mailbox(struct str email, struct arena *a, struct str *out);
