/* SPDX-License-Identifier: MIT */
/* Accept-Language and language tags: whatever they say, a language that there is comes out. */
#include <assert.h>
#include <string.h>

#include "text/locale.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool known(struct str locale)
{
	for (size_t i = 0; i < LOCALES; i++)
		if (str_eq(locale, locales[i]))
			return true;
	return false;
}

static bool named(struct str header, struct str locale)
{
	for (; header.n >= locale.n; header = str_from_at(header, 1))
		if (str_eq_nocase((struct str){ header.p, locale.n }, locale))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str header = { (const char *)data, size };
	struct str best = locale_best(header), of = locale_of(header);

	assert(known(best) && known(of));
	/* Another one than the first is there because it was asked for. */
	assert(str_eq(best, locales[0]) || named(header, best));
	assert(str_eq(of, locales[0]) || str_eq_nocase((struct str){ header.p, of.n }, of));
	return 0;
}
