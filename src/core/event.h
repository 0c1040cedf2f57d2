/* SPDX-License-Identifier: MIT */
/*
 * Events are told in the feed, in the transaction of what they tell of. Each bucket of the feed has
 * its order; the events of a user are in one of them.
 */
#pragma once

#include "core/req.h"

enum { FEED_BUCKETS = 64 /* as many as the database has heads */ };

/* The bucket of what happens to a user. Ids are made at random, and so are the buckets even. */
int32_t event_bucket(struct uuid user);

/*
 * Has the request's transaction tell that tokens are refused: as its last statements (req_last). Of
 * a session, by its id and version 0, or of the user below a version. The first user in a
 * transaction gives it its bucket: a transaction locks one head, so two never wait crosswise.
 */
void event_revoked(struct req *r, struct user_id user, struct uuid subject, int32_t version);

/*
 * How long a refusal is kept, in microseconds: as long as access tokens can be valid, and a minute
 * more, for the clocks of hosts and database differ.
 */
int64_t event_life(void);

/* Tells of n refusals at once, at the end of a transaction of its caller's. */
enum err event_tell(struct db *db, struct arena *a, int32_t bucket, const struct revocation *what,
		    size_t n);
