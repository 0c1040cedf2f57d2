/* SPDX-License-Identifier: MIT */
/* What is read as a refresh token or link is written as just that text again; codes likewise. */
#include <assert.h>
#include <string.h>

#include "cred/opaque.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_code(struct str typed, struct arena *a)
{
	char digits[CODE_DIGITS + 1] = "";
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++)
		if (typed.p[i] != ' ' && typed.p[i] != '-' && n++ < CODE_DIGITS)
			digits[n - 1] = typed.p[i];

	struct str code = { digits, CODE_DIGITS };

	assert(code_equal(typed, code) == (n == CODE_DIGITS));
	if (typed.n >= sizeof(uint64_t))
		assert(strspn(code_write(typed, a).p, "0123456789") == CODE_DIGITS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_make(1 << 20, NULL, NULL);

	struct str text = { (const char *)data, size }, mac = { 0 };
	struct opaque o = { 0 };

	if (opaque_read(text, a, &o, &mac)) {
		struct str other = arena_dup(a, mac);

		assert(str_eq(opaque_write(o, mac, a), text));
		assert(opaque_mac_equal(mac, other) && !opaque_mac_equal(mac, text));
		((char *)other.p)[size % mac.n] ^= 1;
		assert(!opaque_mac_equal(mac, other));
	}
	check_code(text, a);
	arena_reset(a);
	return 0;
}
