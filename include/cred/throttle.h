/* SPDX-License-Identifier: MIT */
/*
 * A table of who has to wait, in memory that the workers of this host share, so that refusing them
 * costs no round trip. It only remembers what the database has said, and keeps those who have not
 * been told to wait yet from asking it all at once. It has a fixed size; when it is full, the entry
 * that is over soonest is forgotten. Each entry is one word that is exchanged as a whole, so a
 * worker that dies while writing leaves nothing half done and nobody waiting.
 */
#pragma once

#include <stdatomic.h>

#include "base/str.h"

enum { THROTTLE_SETS = 4096, THROTTLE_WAYS = 4, THROTTLE_KEY = 16 };

/* The table is shared by the workers of a host, all zero until throttle_init. */
struct throttle {
	uint8_t key[THROTTLE_KEY]; /* of the hash: nobody can aim at a place */
	int64_t made;		   /* tick */
	_Atomic uint64_t words[THROTTLE_SETS][THROTTLE_WAYS];
};

/* Draws the key, once, before the table is shared. */
void throttle_init(struct throttle *t);

/* Microseconds until `key` may go on; 0: now. All times are ticks. */
int64_t throttle_wait(struct throttle *t, struct str key, int64_t now);

/* `key` has to wait until then, if not longer. */
void throttle_block(struct throttle *t, struct str key, int64_t now, int64_t until);

/* `key` need not wait any more. */
void throttle_clear(struct throttle *t, struct str key);

/*
 * Takes a token from a bucket of `burst` tokens that gets one back a second: 0, or microseconds
 * until there is one.
 */
int64_t throttle_take(struct throttle *t, struct str key, int64_t now, int64_t burst);

/*
 * Takes a token from a bucket of `most` tokens, above 0, that is filled within a span, at most one
 * token each millisecond. A key is paced or taken, not both: their tokens differ.
 */
int64_t throttle_pace(struct throttle *t, struct str key, int64_t now, int64_t most,
		      int64_t span_us);

/* Puts a token back, of throttle_take. */
void throttle_give(struct throttle *t, struct str key, int64_t now);

/* Fills the bucket of throttle_take up. */
void throttle_fill(struct throttle *t, struct str key);
