/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Overwrites a heap block, then frees it. For libraries that keep copies of secrets and let their
 * allocator be replaced. NULL is allowed.
 */
void wipe_free(void *p);
