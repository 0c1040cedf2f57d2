/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

/*
 * A qvalue (RFC 9110 section 12.4.2) in thousandths; false when it is none. The zero before the
 * point may be missing: Java's HttpURLConnection sends "q=.2" unless told otherwise.
 */
bool quality_parse(struct str s, int *q);
