/* SPDX-License-Identifier: MIT */
#include "schema/pattern.h"

#include <assert.h>
#include <regex.h>
#include <stdlib.h>

struct known {
	const struct known *next;
	const char *pattern;
	regex_t compiled;
};

/*
 * Compiles a new pattern. The patterns of the program's schemas compile: a test walks over all of
 * them.
 */
static struct known *known_make(const char *pattern, struct arena *a)
{
	struct known *k = malloc(sizeof *k);
	int rc = k == NULL ? REG_ESPACE : regcomp(&k->compiled, pattern, REG_EXTENDED | REG_NOSUB);

	if (rc == REG_ESPACE) {
		free(k);
		arena_exhausted(a);
	}
	assert(rc == 0);
	k->pattern = pattern;
	/* Where k was released, arena_exhausted did not return. */
	/* cppcheck-suppress deallocret */
	return k;
}

bool pattern_match(const char *pattern, const char *s, struct arena *a)
{
	/*
	 * Compiling costs more than the rest of a request, and a const table of schemas has no
	 * place to keep the result. There is one for each pattern, kept for good, so it cannot go
	 * stale; patterns are literals, so their address is their identity, and there are no more
	 * than schemas have.
	 */
	static const struct known *all;
	const struct known *k = all;

	while (k != NULL && k->pattern != pattern)
		k = k->next;
	if (k == NULL) {
		struct known *made = known_make(pattern, a);

		made->next = all;
		all = k = made;
	}

	int rc = regexec(&k->compiled, s, 0, NULL, 0);

	if (rc == REG_ESPACE)
		arena_exhausted(a);
	return rc == 0;
}
