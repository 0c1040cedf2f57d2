/* SPDX-License-Identifier: MIT */
#pragma once

enum { TYPED_BY = 128 };

/*
 * Says who has started this process, as in "ann (uid 1000)"; of root also whom sudo names. To be
 * called before the process becomes somebody else.
 */
void typed_by(char text[static TYPED_BY]);
