/* SPDX-License-Identifier: MIT */
#include "base/origin.h"

#include <string.h>

/*
 * Whether a host has only letters, digits and the signs of names; brackets and colons stand in IPv6
 * addresses alone.
 */
static bool host_valid(struct str host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
	static const char address[] = "abcdef0123456789:.";
	bool bracketed = host.n > 3 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	const char *known = bracketed ? address : plain;

	if (bracketed)
		host = (struct str){ host.p + 1, host.n - 2 };
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == '\0' || strchr(known, host.p[i]) == NULL)
			return false;
	return host.n > 0;
}

static struct str lower_ascii(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
	out[s.n] = '\0';
	return (struct str){ out, s.n };
}

/* "host:port": the colon in front of a port is the last one, and behind a bracket. */
static bool split_port(struct str authority, struct str *host, int64_t *port)
{
	size_t at = authority.n;

	while (at > 0 && authority.p[at - 1] >= '0' && authority.p[at - 1] <= '9')
		at--;
	*host = authority;
	if (at == 0 || authority.p[at - 1] != ':' ||
	    (authority.p[0] == '[' && authority.p[at - 2] != ']'))
		return true;
	*host = (struct str){ authority.p, at - 1 };
	return str_to_i64((struct str){ authority.p + at, authority.n - at }, 1, 65535, port);
}

bool origin_parse(struct str url, struct arena *a, struct str *origin, struct str *rest)
{
	static const struct {
		struct str text;
		int64_t port;
	} schemes[] = { { STR("https://"), 443 }, { STR("http://"), 80 } };
	struct str host = { 0 };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct str scheme = schemes[i].text;
		int64_t port = schemes[i].port;

		if (url.n < scheme.n || !str_eq_nocase((struct str){ url.p, scheme.n }, scheme))
			continue;

		struct str behind = str_from_at(url, scheme.n);
		const char *slash = memchr(behind.p, '/', behind.n);
		size_t n = slash == NULL ? behind.n : (size_t)(slash - behind.p);
		struct str authority = lower_ascii((struct str){ behind.p, n }, a);

		if (n == 0 || !split_port(authority, &host, &port) || !host_valid(host))
			return false;
		*origin = port == schemes[i].port
				  ? arena_printf(a, "%s%.*s", scheme.p, STR_ARG(host))
				  : arena_printf(a, "%s%.*s:%lld", scheme.p, STR_ARG(host),
						 (long long)port);
		*rest = str_from_at(behind, n);
		return true;
	}
	return false;
}
