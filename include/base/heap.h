/* SPDX-License-Identifier: MIT */
/* What the allocator of the C library can be asked for, where it can. */
#pragma once

/* Gives back to the system what is free. Does nothing with a libc that has no way to (musl). */
void heap_trim(void);

/*
 * One heap for all threads: what a thread allocates outlives it, and a heap of its own would too.
 * Nothing to do where there is one anyway (musl).
 */
void heap_share(void);
