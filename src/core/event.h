/* SPDX-License-Identifier: MIT */
/*
 * Events are told in the feed, in the transaction of what they tell of. Each bucket of the feed has
 * its order; the events of a user are in one of them.
 */
#pragma once

#include "cred/revoked.h"
#include "db/db.h"

enum { FEED_BUCKETS = 64 /* as many as the database has heads */ };

/* The bucket of what happens to a user. Ids are made at random, and so are the buckets even. */
int32_t event_bucket(struct uuid user);

/*
 * How long a refusal is kept, in microseconds: as long as access tokens can be valid, and a minute
 * more, for the clocks of hosts and database differ.
 */
int64_t event_life(void);

/*
 * Tells of n refusals at once. The head of the bucket stays locked until the end of the caller's
 * transaction, which therefore ends right behind this, and has one bucket: two never wait
 * crosswise.
 */
enum err event_tell(struct db *db, struct arena *a, int32_t bucket, const struct revocation *what,
		    size_t n);
