/* SPDX-License-Identifier: MIT */
#include "text/locale.h"

#include "text/quality.h"

const struct str locales[] = { STR("en"), STR("de") };

_Static_assert(sizeof locales / sizeof *locales == LOCALES, "a tag for each");

/* The locale of a tag, or of what it begins with, a subtag less each time; the null str: none. */
static struct str find(struct str tag)
{
	while (tag.n > 0) {
		for (size_t i = 0; i < LOCALES; i++)
			if (str_eq_nocase(tag, locales[i]))
				return locales[i];
		while (tag.n > 0 && tag.p[tag.n - 1] != '-')
			tag.n--;
		if (tag.n > 0)
			tag.n--;
	}
	return (struct str){ 0 };
}

/* The range of one entry, and its quality; 0 when it is not wanted or malformed. */
static int parse(struct str entry, struct str *range)
{
	struct str part = { 0 };
	int q = 1000;

	if (!str_split(&entry, ';', &part))
		return 0;
	*range = str_trim(part);
	while (str_split(&entry, ';', &part)) {
		part = str_trim(part);
		if (part.n >= 2 && (part.p[0] | 0x20) == 'q' && part.p[1] == '=' &&
		    !quality_parse(str_from_at(part, 2), &q))
			return 0;
	}
	return q;
}

struct str locale_best(struct str accept_language)
{
	struct str entry = { 0 }, range = { 0 }, best = locales[0];
	int best_q = 0;

	while (str_split(&accept_language, ',', &entry)) {
		int q = parse(entry, &range);
		struct str found = str_eq(range, STR("*")) ? locales[0] : find(range);

		if (q <= best_q || found.p == NULL)
			continue;
		best = found;
		best_q = q;
	}
	return best;
}

struct str locale_of(struct str tag)
{
	struct str found = find(tag);

	return found.p == NULL ? locales[0] : found;
}
