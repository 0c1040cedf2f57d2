/* SPDX-License-Identifier: MIT */
/* Addresses of people in the header and the envelope of mails. */
#pragma once

#include "base/arena.h"

enum { MAILBOX_ADDRESS_MAX = 254 }; /* bytes; RFC 5321 section 4.5.3.1.3 less the brackets */

/* A mailbox of RFC 5322 section 3.4. */
struct mailbox {
	struct str name; /* may be empty */
	struct str address;
};

/*
 * Whether an address can stand between angle brackets and in a header as it is: valid UTF-8, one
 * "@" with something on both sides, no space or control character, nothing that RFC 5322 would have
 * quoted; quotes around the whole local part are no matter, its dots may want them. It says nothing
 * about whether the address exists, or could.
 */
bool mailbox_address(struct str s);

/*
 * Reads "Name <a@b>", "\"Name\" <a@b>" or "a@b"; false when it is none of these or has control
 * characters.
 */
bool mailbox_parse(struct str text, struct arena *a, struct mailbox *out);
