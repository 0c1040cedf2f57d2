/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>

#include <openssl/crypto.h>
#include <sodium.h>

#include "cli/cli.h"
#include "serve/serve.h"

int main(int argc, char **argv)
{
	memory_close();
	/* A thread may be left that is connecting to the database when main returns (db/dial). What
	 * it uses must not be freed beneath it.
	 */
	if (sodium_init() < 0 || OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
		return EX_SOFTWARE;

	int status = cli_main(argc - 1, argv + 1);

	/* A full disk or a closed pipe: what was asked for has not been told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("postern: standard output");
		return status == EX_OK ? EX_IOERR : status;
	}
	return status;
}
