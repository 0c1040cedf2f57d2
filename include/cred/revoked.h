/* SPDX-License-Identifier: MIT */
/*
 * Access tokens that are refused although they have not expired. Each worker knows all of them, so
 * asking costs no round trip: it hears of new ones from the board, memory that the workers of a
 * host share, at once, and from the database, by the reader of the feed there, within a second.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"

enum { REVOKED_BOARD = 1024 /* news that a worker may be behind without missing any */ };

/* A refusal: of a session's id with version 0, or of a user's with the least version allowed. */
struct revocation {
	struct uuid subject;
	int32_t version;
	int64_t expires; /* seconds since 1970: when the last token it is about has expired */
	bool stored;	 /* the database is known to have it */
};

/*
 * The board is shared by the workers of a host, all zero at first. A worker that is too far behind,
 * or whose neighbour died while writing, hears of the news from the database.
 */
struct revoked_board {
	_Atomic uint64_t count;
	struct {
		_Atomic uint64_t sequence; /* its number, from 1; 0: being written */
		struct revocation news;
	} slots[REVOKED_BOARD];
};

struct revoked;

/* NULL when out of memory. The board is borrowed. */
struct revoked *revoked_make(struct revoked_board *board);
void revoked_free(struct revoked *r);

/* Learns of a revocation. False when out of memory: the feed has to bring it again. */
bool revoked_add(struct revoked *r, const struct revocation *what, int64_t now);

/* Learns of a revocation, and tells the other workers of the host. */
void revoked_tell(struct revoked *r, const struct revocation *what, int64_t now);

/* Whether a token is refused: its session, or its user at that version. now: seconds. */
bool revoked_has(struct revoked *r, struct uuid session, struct uuid user, int32_t version,
		 int64_t now);

/*
 * revoked_mark: the board as it is now. revoked_passed: all of it up to a mark is known from
 * elsewhere, by a reading of the feed that began after the mark was taken. So a neighbour that died
 * while writing holds up nothing for long.
 */
uint64_t revoked_mark(const struct revoked *r);
void revoked_passed(struct revoked *r, uint64_t mark);

/*
 * revoked_doubt: the database may have gone back, and not know any more what it knew: nothing
 * counts as stored. revoked_unstored: copies up to max that have not expired and are not stored,
 * and returns how many.
 */
void revoked_doubt(struct revoked *r);
size_t revoked_unstored(const struct revoked *r, struct revocation *out, size_t max, int64_t now);

/* The number of revocations that are remembered. */
size_t revoked_count(const struct revoked *r);
