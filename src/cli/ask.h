/* SPDX-License-Identifier: MIT */
/* Questions of a command to the person who typed it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/*
 * Reads the next line of standard input without its end, into the arena. At a terminal the password
 * is asked for, and not shown; however that ends, also by Ctrl-C or a signal, the terminal is as it
 * was. False at the end of input, or when the line is longer than a password may be.
 */
bool ask_password(struct arena *a, struct secret *out);
