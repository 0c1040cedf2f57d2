/* SPDX-License-Identifier: MIT */
/* What a command asks the person who typed it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/*
 * The next line of standard input without its end, in the arena. At a terminal it is asked for, and
 * not shown; however that ends, also by Ctrl-C or a signal, the terminal is as it was. False at the
 * end of input, or when it is longer than a password may be.
 */
bool ask_password(struct arena *a, struct secret *out);
