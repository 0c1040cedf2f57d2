/* SPDX-License-Identifier: MIT */
/* Functions that limits of passwords and those of networks have in common. */
#pragma once

#include "core/limit.h"

/*
 * Room that a request may ask its arena for between the counting of a guess and the knowing. The
 * arena has it before: a request that ends for want of memory meanwhile would leave a guess that
 * nobody has made.
 */
enum { GUESS_ROOM = 32 * 1024 };

/* A digest of what is counted, in hexadecimal. Neither text holds a NUL. */
struct str limit_key(struct req *r, const char *kind, struct str network, struct str account);

/* Returns ERR_TOO_MANY, with the wait: at least a second, for a client is told whole ones. */
enum err limit_refuse(struct req *r, int64_t wait_us, int64_t limit);

/* Tells after a wrong guess how many of `limit` are left, or how long the next has to wait. */
void limit_tell(struct req *r, int64_t limit, int64_t used, int64_t wait_us);

/* The tick of this host's clock at which an instant of the database will be. */
int64_t limit_tick(struct instant until, struct instant asked);
