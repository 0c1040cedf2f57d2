/* SPDX-License-Identifier: MIT */
/* Accept and Content-Type: what they say they found is really there. */
#include <assert.h>

#include "http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct str s, struct str word)
{
	for (; s.n >= word.n; s = str_from_at(s, 1))
		if (str_eq_nocase((struct str){ s.p, word.n }, word))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str header = { (const char *)data, size };
	struct accepted got = accept_parse(header);

	assert(got.json || !got.problem);
	assert(!got.problem || holds(header, STR("application/problem+json")));
	enum media media = content_media(header);

	assert(media != MEDIA_JSON || holds(header, STR("application/json")));
	assert(media != MEDIA_MERGE_PATCH || holds(header, STR("application/merge-patch+json")));
	return 0;
}
