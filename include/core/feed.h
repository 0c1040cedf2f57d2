/* SPDX-License-Identifier: MIT */
/*
 * The feed of what other hosts have changed and this worker must know: revoked tokens, a few times
 * a second, and the keys of tokens, every few seconds. Each reading of the database is a task of
 * its own.
 */
#pragma once

#include "conf/conf.h"
#include "cred/keyring.h"
#include "cred/revoked.h"
#include "db/pool.h"

struct feed;

struct feed_options {
	struct pool *pool;
	struct revoked *revoked;
	struct keyring *keys;
	const struct conf *conf;
};

/* Starts to read. NULL when out of memory. */
struct feed *feed_make(const struct feed_options *o);

/*
 * Whether the feed's knowledge is recent enough to rely on. Before the first reading and
 * sessions.blind after the last one, tokens are not taken: they might have been revoked.
 */
const bool *feed_fresh(const struct feed *f);

/* Whether the first reading has ended, with success or without. */
bool feed_tried(const struct feed *f);

/* Stops reading. True when the last reading has ended, so that feed_free may be called. */
bool feed_stop(struct feed *f);

void feed_free(struct feed *f);
