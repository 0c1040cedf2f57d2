/* SPDX-License-Identifier: MIT */
/*
 * What this host knows of who has to wait, so that refusing them costs no round trip: a table in
 * memory that its workers share. It only remembers what the database has said, and keeps those who
 * have not been told to wait yet from asking it all at once. It has a fixed size; when it is full,
 * what is over soonest is forgotten. Each entry is one word that is exchanged as a whole, so
 * whoever dies while writing leaves nothing half done and nobody waiting.
 */
#pragma once

#include <stdatomic.h>

#include "base/str.h"

enum { THROTTLE_SETS = 4096, THROTTLE_WAYS = 4, THROTTLE_KEY = 16 };

/* Shared by the workers of a host, all zero until throttle_init. */
struct throttle {
	uint8_t key[THROTTLE_KEY]; /* of the hash: nobody can aim at a place */
	int64_t made;		   /* tick */
	_Atomic uint64_t words[THROTTLE_SETS][THROTTLE_WAYS];
};

/* Draws the key, once, before it is shared. */
void throttle_init(struct throttle *t);

/* Microseconds until `key` may go on; 0: now. All times are ticks. */
int64_t throttle_wait(struct throttle *t, struct str key, int64_t now);

/* `key` has to wait until then, if not longer. */
void throttle_block(struct throttle *t, struct str key, int64_t now, int64_t until);

/* `key` need not wait any more. */
void throttle_clear(struct throttle *t, struct str key);

/*
 * A bucket of `burst` tokens that gets one back a second. Takes one: 0, or microseconds until there
 * is one.
 */
int64_t throttle_take(struct throttle *t, struct str key, int64_t now, int64_t burst);

/*
 * The same for a bucket of `most` tokens, above 0, that is filled within a span, at most one each
 * millisecond. A key is paced or taken, not both: their tokens differ.
 */
int64_t throttle_pace(struct throttle *t, struct str key, int64_t now, int64_t most,
		      int64_t span_us);

/* Puts a token back, of throttle_take. */
void throttle_give(struct throttle *t, struct str key, int64_t now);

/* Fills it up. */
void throttle_fill(struct throttle *t, struct str key);
