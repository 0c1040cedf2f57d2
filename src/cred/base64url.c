/* SPDX-License-Identifier: MIT */
#include "cred/base64url.h"

#include <sodium.h>

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

struct str base64url_write(struct str bytes, struct arena *a)
{
	size_t room = sodium_base64_ENCODED_LEN(bytes.n, VARIANT);
	char *text = arena_alloc(a, room);

	sodium_bin2base64(text, room, (const uint8_t *)bytes.p, bytes.n, VARIANT);
	return (struct str){ text, room - 1 };
}

/* libsodium 1.0.18 takes every byte above 127 for the last letter of the alphabet. */
static bool ascii(struct str text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.n; i++)
		all |= (uint8_t)text.p[i];
	return all < 0x80;
}

bool base64url_read(struct str text, struct arena *a, struct str *bytes)
{
	size_t room = text.n / 4 * 3 + 3, n = 0;
	uint8_t *p = arena_alloc(a, room);

	if (text.n == 0 || !ascii(text) ||
	    sodium_base642bin(p, room, text.p, text.n, NULL, &n, NULL, VARIANT) != 0)
		return false;
	*bytes = (struct str){ (const char *)p, n };
	return true;
}
