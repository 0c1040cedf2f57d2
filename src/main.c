/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>

#include <sodium.h>

#include "cli/cli.h"
#include "serve/serve.h"

static _Noreturn void leave(int status)
{
	/* A full disk or a closed pipe: what was asked for has not been told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("postern: standard output");
		status = status == EX_OK ? EX_IOERR : status;
	}
	process_leave(status);
}

int main(int argc, char **argv)
{
	memory_close();
	if (sodium_init() < 0)
		leave(EX_SOFTWARE);
	leave(cli_main(argc - 1, argv + 1));
}
