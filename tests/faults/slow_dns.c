/* SPDX-License-Identifier: MIT */
/*
 * Preloaded: each lookup of a name or address takes as many milliseconds as $SLOW_DNS says, or as
 * the file $SLOW_DNS_FILE, where that is there.
 */
#include "faults/slow_dns.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long wanted_ms(void)
{
	const char *file = getenv("SLOW_DNS_FILE"), *ms = getenv("SLOW_DNS");
	FILE *f = file == NULL ? NULL : fopen(file, "re");
	char line[16] = "";

	if (f != NULL) {
		if (fgets(line, sizeof line, f) == NULL)
			line[0] = '\0';
		fclose(f);
		ms = line;
	}
	return ms == NULL ? 0 : strtol(ms, NULL, 10);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **out)
{
	lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");

	/* In pieces, so that one that is to be over soon is. */
	for (long waited = 0; waited < wanted_ms(); waited += 20)
		usleep(20000);
	return real(node, service, hints, out);
}
