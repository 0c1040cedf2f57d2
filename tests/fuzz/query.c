/* SPDX-License-Identifier: MIT */
/* A raw query: its pairs lie within it, in order, and none is lost. */
#include <assert.h>
#include <string.h>

#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_decode(struct str raw, struct arena *a)
{
	struct str out = { 0 };

	if (!percent_decode(raw, true, a, &out))
		return;
	assert(out.p != NULL && out.n <= raw.n && out.p[out.n] == '\0');
	assert(memchr(out.p, '\0', out.n) == NULL && str_utf8(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_make(1 << 24, NULL, NULL);

	const char *begin = (const char *)data, *at = begin;
	struct str rest = { begin, size }, name = { 0 }, value = { 0 };

	while (query_next(&rest, &name, &value)) {
		assert(name.p >= at && value.p >= name.p + name.n);
		assert(memchr(name.p, '&', name.n) == NULL && memchr(name.p, '=', name.n) == NULL);
		assert(value.n == 0 || memchr(value.p, '&', value.n) == NULL);
		for (; at < name.p; at++)
			assert(*at == '&');
		at = value.p + value.n;
		assert(at <= begin + size);
		check_decode(name, a);
		check_decode(value, a);
	}
	for (; at < begin + size; at++)
		assert(*at == '&');
	arena_reset(a);
	return 0;
}
