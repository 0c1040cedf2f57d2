/* SPDX-License-Identifier: MIT */
/*
 * Refresh tokens, mailed links and mailed codes. Each names a row and carries a MAC that only a
 * keeper can make (keeper_mac), so a copy of the database holds none of them. The functions are
 * pure; the purpose of the MAC ("refresh", "link:reset", "code:reset") keeps one kind from passing
 * for another.
 */
#pragma once

#include "base/arena.h"
#include "base/uuid.h"

enum {
	OPAQUE_TEXT = 71, /* characters of an opaque token */
	CODE_DIGITS = 8
};

/* The subject of a token: a row, and for refresh tokens which of the row's it is. */
struct opaque {
	struct uuid id;
	uint32_t count;
};

/* The bytes that the MAC is over. */
struct str opaque_message(struct opaque o, struct arena *a);

/* The token's text, base64url without padding. mac: KEEPER_MAC bytes. */
struct str opaque_write(struct opaque o, struct str mac, struct arena *a);

/* Takes a token apart; false when it is none. Says nothing about whether its MAC is right. */
bool opaque_read(struct str text, struct arena *a, struct opaque *o, struct str *mac);

/* The MACs that are right: by the key in force, and by the one before it (null: none). */
struct opaque_macs {
	struct str now, previous;
};

/* Whether a MAC is one of these, in constant time. */
bool opaque_mac_right(struct str mac, const struct opaque_macs *right);

/* Whether two MACs are equal, in constant time. */
bool opaque_mac_equal(struct str a, struct str b);

/* CODE_DIGITS decimal digits out of a MAC; 10^8 codes are equally likely to one in 10^11. */
struct str code_write(struct str mac, struct arena *a);

/* Whether the typed text is that code, in constant time; spaces and hyphens do not count. */
bool code_equal(struct str typed, struct str code);

/* Whether the typed text is the code of one of these MACs. */
bool code_right(struct str typed, const struct opaque_macs *right, struct arena *a);
