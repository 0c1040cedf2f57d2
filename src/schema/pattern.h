/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

/* Whether s matches a POSIX extended regular expression that lives as long as the process. */
bool pattern_match(const char *pattern, const char *s, struct arena *a);
