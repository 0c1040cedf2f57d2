/* SPDX-License-Identifier: MIT */
/* Comparing text in tests; cmocka.h comes first. */
#pragma once

#include <string.h>

#include "base/str.h"

/* wanted == NULL: the null str. */
static inline void assert_str(struct str s, const char *wanted)
{
	if (wanted == NULL) {
		assert_null(s.p);
		return;
	}
	assert_non_null(s.p);
	assert_int_equal(s.n, strlen(wanted));
	assert_memory_equal(s.p, wanted, s.n);
}
