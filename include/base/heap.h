/* SPDX-License-Identifier: MIT */
/* Requests to the allocator of the C library, where it can fulfil them. */
#pragma once

/* Gives free memory back to the system. Does nothing with a libc that has no way to (musl). */
void heap_trim(void);

/*
 * Makes one heap for all threads: memory that a thread allocates outlives it, and a heap of its own
 * would too. Does nothing where there is one anyway (musl).
 */
void heap_share(void);
