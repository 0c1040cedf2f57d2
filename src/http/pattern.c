/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <regex.h>

#include "http/json_parts.h"

enum { CACHE = 32 }; /* distinct patterns in the schemas of the whole program */

bool pattern_match(const char *pattern, const char *s, struct arena *a)
{
	/*
	 * Compiling costs more than the rest of a request, and a const table of schemas has no
	 * place to keep the result. Filled once a pattern, never emptied, so it cannot go stale;
	 * patterns are literals, so their address is their identity.
	 */
	static struct {
		const char *pattern;
		regex_t compiled;
	} cache[CACHE];
	size_t i = 0;

	while (i < CACHE && cache[i].pattern != NULL && cache[i].pattern != pattern)
		i++;
	assert(i < CACHE);
	if (cache[i].pattern == NULL) {
		int rc = regcomp(&cache[i].compiled, pattern, REG_EXTENDED | REG_NOSUB);

		if (rc == REG_ESPACE)
			arena_exhausted(a);
		assert(rc == 0);
		cache[i].pattern = pattern;
	}

	int rc = regexec(&cache[i].compiled, s, 0, NULL, 0);

	if (rc == REG_ESPACE)
		arena_exhausted(a);
	return rc == 0;
}
