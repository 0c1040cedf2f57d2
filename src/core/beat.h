/* SPDX-License-Identifier: MIT */
/*
 * A sign of life of the database that takes changes, once a second, where there are standbys: by it
 * the feed of whoever reads at one knows how new that is.
 */
#pragma once

#include "db/pool.h"

struct beat;

/* Begins. NULL when out of memory. */
struct beat *beat_make(struct pool *pool);

/* Stops. True when nothing is under way, so that beat_free may be called. */
bool beat_stop(struct beat *b);

void beat_free(struct beat *b);
