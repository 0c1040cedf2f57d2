/* SPDX-License-Identifier: MIT */
#include "text/locale.h"

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

/* A qvalue (RFC 9110 section 12.4.2) in thousandths; -1 when it is none. */
static int quality(struct str s)
{
	int v = 0, unit = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return -1;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v += (s.p[i] - '0') * unit;
	}
	v += (s.p[0] - '0') * 1000;
	return v > 1000 ? -1 : v;
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
		if (part.n >= 2 && (part.p[0] | 0x20) == 'q' && part.p[1] == '=')
			q = quality(str_from_at(part, 2));
	}
	return q < 0 ? 0 : q;
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
