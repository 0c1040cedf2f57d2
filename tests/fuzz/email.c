/* SPDX-License-Identifier: MIT */
/* The key of an address is an address, short enough, plain in its domain, and its own key. */
#include <assert.h>
#include <string.h>

#include "text/email.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct str key)
{
	const char *at = memchr(key.p, '@', key.n);

	assert(key.n <= EMAIL_MAX && key.p[key.n] == '\0' && strlen(key.p) == key.n);
	assert(str_utf8(key) && at != NULL && at > key.p && at - key.p <= 64);
	assert(strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(at + 1));
	assert(strstr(at + 1, "..") == NULL && at[1] != '.' && key.p[key.n - 1] != '.');
	assert(strchr(at + 1, '.') != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_make(1 << 20, NULL, NULL);

	struct str email = { (const char *)data, size }, key = { 0 }, again = { 0 };
	bool valid = email_key(email, a, &key);

	assert(valid == email_key(email, a, NULL));
	if (valid) {
		check_key(key);
		assert(email_key(key, a, &again) && str_eq(key, again));
	}
	arena_reset(a);
	return 0;
}
