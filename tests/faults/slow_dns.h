/* SPDX-License-Identifier: MIT */
#pragma once

#include <netdb.h>

typedef int lookup(const char *node, const char *service, const struct addrinfo *hints,
		   struct addrinfo **out);
