/* SPDX-License-Identifier: MIT */
#include "text/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { PREFIX = 8 /* bytes of an IPv6 address */ };

/* IPv4 behind a translator (NAT64): the well-known prefix 64:ff9b::/96 of RFC 6052 section 2.1. */
static bool translated(const struct in6_addr *v6)
{
	static const unsigned char prefix[12] = { 0x00, 0x64, 0xff, 0x9b };

	return memcmp(v6->s6_addr, prefix, sizeof prefix) == 0;
}

static struct str print(int family, const void *bytes, const char *end,
			char text[static NETWORK_TEXT])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(family, bytes, address, sizeof address);
	snprintf(text, NETWORK_TEXT, "%s%s", address, end);
	return str_from(text);
}

struct str network_of(struct str address, char text[static NETWORK_TEXT])
{
	char copy[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;
	struct in6_addr v6;

	if (address.n < sizeof copy && address.n > 0)
		memcpy(copy, address.p, address.n);
	if (strlen(copy) != address.n)
		return STR("unknown");
	if (inet_pton(AF_INET, copy, &v4) == 1)
		return print(AF_INET, &v4, "", text);
	if (inet_pton(AF_INET6, copy, &v6) != 1)
		return STR("unknown");
	if (IN6_IS_ADDR_V4MAPPED(&v6) || translated(&v6))
		return print(AF_INET, v6.s6_addr + 12, "", text);
	memset(v6.s6_addr + PREFIX, 0, sizeof v6 - PREFIX);
	return print(AF_INET6, &v6, "/64", text);
}
