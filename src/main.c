/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>

#include <sodium.h>

#include "cli/cli.h"
#include "serve/serve.h"

int main(int argc, char **argv)
{
	memory_close();
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
