/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* n bytes from the kernel's generator (getrandom). Ends the process if there is none. */
void random_bytes(void *out, size_t n);

uint64_t random_u64(void);

/* Uniform enough for jitter, not for secrets: in [0, below). below > 0. */
int64_t random_below(int64_t below);
