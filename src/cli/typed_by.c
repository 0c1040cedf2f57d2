/* SPDX-License-Identifier: MIT */
#include "cli/typed_by.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 40 };

/* A name as it may stand in a line: a character that nobody expects in one becomes "?". */
static void name_copy(const char *name, char out[static NAME])
{
	size_t n = 0;

	for (; name != NULL && name[n] != '\0' && n < NAME - 1; n++)
		out[n] = name[n] > ' ' && name[n] <= '~' ? name[n] : '?';
	out[n] = '\0';
}

void typed_by(char text[static TYPED_BY])
{
	uid_t uid = getuid();
	const struct passwd *user = getpwuid(uid);
	char name[NAME], asked[NAME];

	name_copy(user == NULL ? "?" : user->pw_name, name);
	/* The name that sudo gives is believed of root alone, who could write anything anyway. */
	name_copy(uid == 0 ? getenv("SUDO_USER") : NULL, asked);
	snprintf(text, TYPED_BY, "%s (uid %lld%s%s)", name, (long long)uid,
		 asked[0] == '\0' ? "" : ", by sudo of ", asked);
}
