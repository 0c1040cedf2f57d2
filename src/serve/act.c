/* SPDX-License-Identifier: MIT */
#include "serve/act.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen/audit.h"

enum { NAME = 40 };

enum err act_note(struct db *db, struct act *by, const char *action, struct user_id subject,
		  struct str detail)
{
	struct audit_insert row = {
		.id = audit_id_new(),
		.action = str_from(action),
		.subject = subject,
		.address = by->typed_by.p == NULL ? STR("") : STR("command line"),
		.request_id = STR(""),
		.detail = detail,
		.typed_by = by->typed_by,
	};

	TRY(audit_insert(db, &row, NULL));
	by->notes++;
	return OK;
}

/* A name as it may stand in a line: what nobody expects in one becomes "?". */
static void name_copy(const char *name, char out[static NAME])
{
	size_t n = 0;

	for (; name != NULL && name[n] != '\0' && n < NAME - 1; n++)
		out[n] = name[n] > ' ' && name[n] <= '~' ? name[n] : '?';
	out[n] = '\0';
}

void act_typed_by(char text[static ACT_TYPED_BY])
{
	uid_t uid = getuid();
	const struct passwd *user = getpwuid(uid);
	char name[NAME], asked[NAME];

	name_copy(user == NULL ? "?" : user->pw_name, name);
	/* Whom sudo names is believed of root alone, who could write anything here anyway. */
	name_copy(uid == 0 ? getenv("SUDO_USER") : NULL, asked);
	snprintf(text, ACT_TYPED_BY, "%s (uid %lld%s%s)", name, (long long)uid,
		 asked[0] == '\0' ? "" : ", by sudo of ", asked);
}
