/* SPDX-License-Identifier: MIT */
/*
 * Argon2id's memory, kept from one hash to the next. libsodium maps and unmaps it for each hash and
 * takes no allocator; the page faults cost more than a third of the time (docs/decisions.md). So a
 * keeper holds on to the mapping, and gives it back when it has had nothing to do for a while.
 */
#pragma once

/*
 * From here on this process keeps the mapping of its latest hash. Without this call, and under
 * sanitizers, nothing is kept.
 */
void argon_memory_keep(void);

/* Unmaps the mapping that is kept. It still holds the working memory of the last password. */
void argon_memory_drop(void);
