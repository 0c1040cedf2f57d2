/* SPDX-License-Identifier: MIT */
/* Any text as database.url: from each of its hosts on the others follow, and none is lost. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "db/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t commas(const char *s)
{
	size_t n = 0;

	for (; s != NULL && *s != '\0'; s++)
		n += *s == ',';
	return n;
}

static void check(const char *list, size_t n)
{
	assert(list == NULL || commas(list) + 1 <= n || n == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct secret url = { text, size };
	size_t n = 0;

	if (text == NULL || size > 4096) {
		free(text);
		return 0;
	}
	n = hosts_count(url);
	assert(n >= 1 && n <= size + 1);
	for (size_t i = 0; i <= n && i < 8; i++) {
		struct hosts first, again;

		hosts_from(url, i, &first);
		hosts_from(url, i + n, &again);
		check(first.host, n);
		check(first.hostaddr, n);
		/* One turn of all of them is none at all. */
		assert((first.host == NULL) == (again.host == NULL));
		assert(first.host == NULL || strcmp(first.host, again.host) == 0 ||
		       commas(first.host) + 1 != n);
		hosts_free(&first);
		hosts_free(&again);
	}
	free(text);
	return 0;
}
