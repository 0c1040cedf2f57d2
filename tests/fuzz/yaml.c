/* SPDX-License-Identifier: MIT */
/* Any bytes as a settings file: no crash, bounded faults, and each fault printable UTF-8. */
#include <stdlib.h>

#include "conf/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return str_utf8(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_make(1 << 24, NULL, NULL);
	struct conf c = { 0 };
	struct conf_faults faults = { 0 };
	const struct conf_target t = { a, a, &c, &faults };

	if (size <= 65536)
		conf_yaml(STR("fuzz"), (struct str){ (const char *)data, size }, &t);
	must(faults.n <= 41);
	for (const struct conf_fault *f = faults.first; f != NULL; f = f->next)
		must(printable(f->text) && f->text.n < 1024);
	arena_free(a);
	return 0;
}
