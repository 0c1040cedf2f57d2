/* SPDX-License-Identifier: MIT */
/*
 * The sweep forgets rows that have run out: sessions, proofs, guesses, mails and so on; in small
 * statements, now and then. It also sees to the keys of tokens when they are due, and to the months
 * of the audit log, and gives signs of life. Several hosts may sweep at once.
 */
#pragma once

#include "conf/conf.h"
#include "cred/keeper.h"
#include "db/pool.h"

struct sweep;

/* Begins to sweep a moment later. NULL when out of memory. */
struct sweep *sweep_make(struct pool *pool, const struct conf *c, struct keeper *keeper);

/* Stops sweeping. True when the last turn has ended, so that sweep_free may be called. */
bool sweep_stop(struct sweep *s);

void sweep_free(struct sweep *s);
