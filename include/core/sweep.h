/* SPDX-License-Identifier: MIT */
/*
 * Forgets what has run out: sessions, proofs, guesses, mails and so on; in small statements, now
 * and then. Also sees to the keys of tokens when they are due, and to the months of the audit log.
 * Several hosts may do it at once.
 */
#pragma once

#include "conf/conf.h"
#include "cred/keeper.h"
#include "db/pool.h"

struct sweep;

/* Begins a moment later. NULL when out of memory. */
struct sweep *sweep_make(struct pool *pool, const struct conf *c, struct keeper *keeper);

/* Begins no more; whether the last round has ended, so that sweep_free may be called. */
bool sweep_stop(struct sweep *s);

void sweep_free(struct sweep *s);
