/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#ifdef POSTERN_SAN
#include <sanitizer/lsan_interface.h>
#endif

#include "base/log.h"
#include "cli/cli.h"
#include "serve/serve.h"

/*
 * The process ends without exit handlers: a thread may be left that looks up the database or
 * connects to it (db/dial), and those of OpenSSL and Kerberos free what it uses.
 */
static _Noreturn void leave(int status)
{
	/* A full disk or a closed pipe: what was asked for has not been told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("postern: standard output");
		status = status == EX_OK ? EX_IOERR : status;
	}
	log_flush();
#ifdef POSTERN_SAN
	__lsan_do_leak_check();
#endif
	_exit(status);
}

int main(int argc, char **argv)
{
	memory_close();
	if (sodium_init() < 0)
		leave(EX_SOFTWARE);
	leave(cli_main(argc - 1, argv + 1));
}
