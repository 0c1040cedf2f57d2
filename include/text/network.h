/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

enum { NETWORK_TEXT = 64 };

/*
 * The network that a limit counts: an IPv4 address, also one mapped into IPv6 (RFC 4291 section
 * 2.5.5.2) or translated (64:ff9b::/96, RFC 6052 section 2.1), or the /64 of an IPv6 address, for
 * every customer of a provider has 2^64 of those. $postern_client of nginx/postern-http.conf is the
 * same rule. There is one text for all spellings: "192.0.2.1", "2001:db8:0:1::/64". A text that is
 * no address is "unknown", and counts as one network: a limit that cannot tell who it counts must
 * not be off.
 */
struct str network_of(struct str address, char text[static NETWORK_TEXT]);
