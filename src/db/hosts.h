/* SPDX-License-Identifier: MIT */
/*
 * The hosts of a connection string. libpq goes from one to the next when one refuses, but not when
 * one is silent: its connect_timeout is for blocking calls only. So an asynchronous connection has
 * to begin with another host after a while, or a host without power hides all that follow.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Overrides of a connection string: comma lists as libpq takes them, or NULL. From malloc. */
struct hosts {
	char *host, *hostaddr, *port;
};

/* The number of hosts; 1 when the string names none, or cannot be understood. */
size_t hosts_count(struct secret url);

/* Whether the string asks for a host that takes changes, of several. */
bool hosts_writable(struct secret url);

/*
 * The same hosts, the one at `first` (counted around) in front. All members are NULL when there is
 * one host only, or no memory: then libpq takes the order of the string. To be released by
 * hosts_free.
 */
void hosts_from(struct secret url, size_t first, struct hosts *out);
void hosts_free(struct hosts *h);
