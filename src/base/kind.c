/* SPDX-License-Identifier: MIT */
#include "base/kind.h"

#include "base/buf.h"

bool vocabulary_find(const struct vocabulary *v, struct str word, int *value)
{
	for (size_t i = 1; i < v->n; i++) {
		if (!str_eq(v->words[i], word))
			continue;
		*value = (int)i;
		return true;
	}
	return false;
}

struct str vocabulary_list(const struct vocabulary *v, struct arena *a)
{
	struct buf b = buf_make(a, 64);

	for (size_t i = 1; i < v->n; i++) {
		buf_add(&b, i == 1 ? STR("") : STR(", "));
		buf_add(&b, v->words[i]);
	}
	return buf_str(&b);
}
