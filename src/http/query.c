/* SPDX-License-Identifier: MIT */
#include "http/query.h"

/* The byte that %XX at p stands for; -1 where it is malformed. */
static int escaped(const char *p, size_t n)
{
	if (n < 3)
		return -1;

	int high = str_hex(p[1]), low = str_hex(p[2]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool percent_decode(struct str raw, bool plus, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, raw.n + 1); /* decoding never makes a text longer */
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		int c = (unsigned char)raw.p[i];

		if (c == '%') {
			c = escaped(raw.p + i, raw.n - i);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c <= 0)
			return false;
		p[n++] = (char)c;
	}
	p[n] = '\0';
	*out = (struct str){ p, n };
	return str_utf8(*out);
}

bool query_next(struct str *rest, struct str *name, struct str *value)
{
	struct str part = { 0 };

	while (str_split(rest, '&', &part)) {
		if (part.n == 0)
			continue;
		/* A name without "=" has an empty value, not a missing one. */
		*value = str_from_at(part, part.n);
		str_split(&part, '=', name);
		if (part.p != NULL)
			*value = part;
		return true;
	}
	return false;
}
