/* SPDX-License-Identifier: MIT */
#include "cli/become.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "serve/serve.h"

void memory_close(void)
{
#ifndef POSTERN_SAN
	const struct rlimit none = { 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
#endif
}

static bool change(const struct passwd *to)
{
	return initgroups(to->pw_name, to->pw_gid) == 0 &&
	       setresgid(to->pw_gid, to->pw_gid, to->pw_gid) == 0 &&
	       setresuid(to->pw_uid, to->pw_uid, to->pw_uid) == 0 &&
	       /* libpq looks there for certificates and passwords, and could not read root's. */
	       setenv("HOME", to->pw_dir, 1) == 0;
}

int become_user(const struct conf *c)
{
	const struct passwd *to = geteuid() == 0 ? getpwnam(c->server_user.p) : NULL;

	if (to == NULL)
		return EX_OK;
	if (change(to)) {
		memory_close(); /* the kernel takes that back when the user changes */
		return EX_OK;
	}
	fprintf(stderr, "postern: server.user: root cannot become %s: %s\n", c->server_user.p,
		strerror(errno));
	return EX_OSERR;
}
