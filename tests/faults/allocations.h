/* SPDX-License-Identifier: MIT */
/*
 * What tests/faults/allocations.py and the preloaded tests/faults/allocations.c share: a file that
 * both map. Python knows the layout by its offsets.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum { FAULT_WHERE = 1024, FAULT_LIVE = 1 << 16 };

/* Libraries that do not look whether they got what they asked for: libfcgi, libzxcvbn. */
enum fault_spare {
	FAULT_ALL,
	FAULT_SPARE, /* what they ask for is not counted */
	FAULT_ONLY
};

/* A block that was allocated while something was tried, and has not been freed. */
struct fault_live {
	_Atomic uint64_t p;
	uint64_t caller;
	uint32_t trial, nth;
};

struct fault_control {
	_Atomic int64_t fail_at; /* which one fails; 0: none */
	_Atomic int64_t count;	 /* since that was set */
	_Atomic int64_t total;	 /* ever, also while nothing is tried */
	_Atomic int64_t failed;
	_Atomic int32_t pid; /* whose allocations these are; 0: nobody's */
	_Atomic int32_t spare;
	_Atomic int32_t trial;	 /* number of what is being tried; 0: nothing is */
	_Atomic int32_t lost;	 /* blocks for which there was no place in `live` */
	char where[FAULT_WHERE]; /* the return addresses of the one that failed */
	struct fault_live live[FAULT_LIVE];
};
