/* SPDX-License-Identifier: MIT */
/* Web origins (RFC 6454), in the one form in which browsers send them. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/*
 * The origin at the beginning of an http or https URL, as a browser writes it (RFC 6454 section
 * 6.2): scheme and host in lower case, the port only where it is not the scheme's own. `rest` gets
 * the text behind it, which is empty or begins with "/". False for everything that no browser ever
 * sends: another scheme, no host, user and password, "*", a bad port, letters that are not ASCII (a
 * host of other letters is written xn--...).
 */
bool origin_parse(struct str url, struct arena *a, struct str *origin, struct str *rest);
