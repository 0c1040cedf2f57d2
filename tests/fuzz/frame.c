/* SPDX-License-Identifier: MIT */
/* FastCGI framing: the verdict on a prefix may only change from "more" to something, and stays. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On a copy of exact size, so that each byte read beyond it is seen. */
static enum frame check(const uint8_t *data, size_t size, size_t *length)
{
	uint8_t *p = malloc(size > 0 ? size : 1);

	assert(p != NULL);
	if (size > 0)
		memcpy(p, data, size);
	*length = SIZE_MAX;

	enum frame f = frame_check(p, size, length);

	free(p);
	assert((f == FRAME_COMPLETE) == (*length != SIZE_MAX));
	assert(f != FRAME_COMPLETE || *length <= size);
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = 0, part = 0;
	enum frame whole = check(data, size, &length);
	size_t step = size / 64 + 1; /* 64 prefixes are enough of a long input */

	for (size_t n = 0; n < size; n += step) {
		enum frame f = check(data, n, &part);

		if (f == FRAME_BAD)
			assert(whole == FRAME_BAD);
		if (f == FRAME_COMPLETE)
			assert(whole == FRAME_COMPLETE && part == length);
		if (f == FRAME_MORE && whole == FRAME_COMPLETE)
			assert(n < length);
	}
	if (whole == FRAME_COMPLETE) {
		assert(check(data, length, &part) == FRAME_COMPLETE && part == length);
		assert(check(data, length - 1, &part) == FRAME_MORE);
	}
	return 0;
}
