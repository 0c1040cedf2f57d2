/* SPDX-License-Identifier: MIT */
/* What limits of passwords and those of networks have in common. */
#pragma once

#include "core/limit.h"

/*
 * What a request may ask its arena for between the counting of a guess and the knowing. It is there
 * before: one that ends for want of memory meanwhile would leave a guess that nobody has made.
 */
enum { GUESS_ROOM = 32 * 1024 };

/* A digest of what is counted, in hexadecimal. Neither text holds a NUL. */
struct str limit_key(struct req *r, const char *kind, struct str network, struct str account);

/* ERR_TOO_MANY, with how long to wait: at least a second, for a client is told whole ones. */
enum err limit_refuse(struct req *r, int64_t wait_us, int64_t limit);

/* It was wrong, the so-manieth: how many of `limit` are left, or how long the next has to wait. */
void limit_tell(struct req *r, int64_t limit, int64_t used, int64_t wait_us);

/* When an instant of the database will be on this host's clock. */
int64_t limit_tick(struct instant until, struct instant asked);
