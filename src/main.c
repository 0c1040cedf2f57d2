/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <sodium.h>

#include "serve/serve.h"

/*
 * Before any secret is read: no process of the same user may look into the memory of this one, and
 * none of it is written to a disk. Children inherit both. LeakSanitizer looks by ptrace, so a build
 * with sanitizers stays open.
 */
static void close_memory(void)
{
#ifndef POSTERN_SAN
	const struct rlimit none = { 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
#endif
}

int main(int argc, char **argv)
{
	close_memory();
	if (sodium_init() < 0)
		return EX_SOFTWARE;

	int status = cli_main(argc - 1, argv + 1);

	/* A full disk or a closed pipe: what was asked for has not been told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("postern: standard output");
		return status == EX_OK ? EX_IOERR : status;
	}
	return status;
}
