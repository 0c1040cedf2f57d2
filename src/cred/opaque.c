/* SPDX-License-Identifier: MIT */
#include "cred/opaque.h"

#include <sodium.h>
#include <string.h>

#include "cred/base64url.h"
#include "cred/keeper.h"

enum { VERSION = 1, ID = 16, COUNT = 4, MESSAGE = 1 + ID + COUNT, BYTES = MESSAGE + KEEPER_MAC };

static void write_message(struct opaque o, uint8_t out[static MESSAGE])
{
	out[0] = VERSION;
	memcpy(out + 1, o.id.b, ID);
	for (size_t i = 0; i < COUNT; i++)
		out[1 + ID + i] = (uint8_t)(o.count >> (8 * (COUNT - 1 - i)));
}

struct str opaque_message(struct opaque o, struct arena *a)
{
	uint8_t *message = arena_alloc(a, MESSAGE);

	write_message(o, message);
	return (struct str){ (const char *)message, MESSAGE };
}

struct str opaque_write(struct opaque o, struct str mac, struct arena *a)
{
	uint8_t bytes[BYTES];

	write_message(o, bytes);
	memcpy(bytes + MESSAGE, mac.p, KEEPER_MAC);

	struct str text = base64url_write((struct str){ (const char *)bytes, BYTES }, a);

	sodium_memzero(bytes, sizeof bytes);
	return text;
}

bool opaque_read(struct str text, struct arena *a, struct opaque *o, struct str *mac)
{
	struct str read = { 0 };

	if (text.n != OPAQUE_TEXT || !base64url_read(text, a, &read) || read.n != BYTES)
		return false;

	const uint8_t *bytes = (const uint8_t *)read.p;

	if (bytes[0] != VERSION)
		return false;
	memcpy(o->id.b, bytes + 1, ID);
	o->count = 0;
	for (size_t i = 0; i < COUNT; i++)
		o->count = o->count << 8 | bytes[1 + ID + i];
	*mac = (struct str){ read.p + MESSAGE, KEEPER_MAC };
	return true;
}

bool opaque_mac_equal(struct str a, struct str b)
{
	return a.n == KEEPER_MAC && b.n == KEEPER_MAC && sodium_memcmp(a.p, b.p, KEEPER_MAC) == 0;
}

bool opaque_mac_right(struct str mac, const struct opaque_macs *right)
{
	return opaque_mac_equal(mac, right->now) || opaque_mac_equal(mac, right->previous);
}

struct str code_write(struct str mac, struct arena *a)
{
	uint64_t n = 0;
	char *text = arena_alloc(a, CODE_DIGITS + 1);

	memcpy(&n, mac.p, sizeof n);
	for (size_t i = CODE_DIGITS; i-- > 0; n /= 10)
		text[i] = (char)('0' + n % 10);
	text[CODE_DIGITS] = '\0';
	return (struct str){ text, CODE_DIGITS };
}

bool code_equal(struct str typed, struct str code)
{
	char digits[CODE_DIGITS] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == ' ' || typed.p[i] == '-')
			continue;
		if (n == CODE_DIGITS)
			return false;
		digits[n++] = typed.p[i];
	}
	return n == CODE_DIGITS && code.n == CODE_DIGITS &&
	       sodium_memcmp(digits, code.p, CODE_DIGITS) == 0;
}

bool code_right(struct str typed, const struct opaque_macs *right, struct arena *a)
{
	return code_equal(typed, code_write(right->now, a)) ||
	       (right->previous.n > 0 && code_equal(typed, code_write(right->previous, a)));
}
