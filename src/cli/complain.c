/* SPDX-License-Identifier: MIT */
/* Messages for a person about what went wrong, and the exit status (sysexits.h). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/command.h"

/* Advice that goes with a reason that PostgreSQL gave; the last row goes with any. */
static const struct remedy {
	const char *words[2]; /* all of them are in the reason */
	int status;
	const char *what;
} remedies[] = {
	{ { "role \"", "does not exist" },
	  EX_CONFIG,
	  "let database.url name a role that there is, or make it:"
	  " su postgres -c 'createuser postern'; root becomes server.user first, if that is a user "
	  "of"
	  " this system" },
	{ { "database \"", "does not exist" },
	  EX_CONFIG,
	  "make it: su postgres -c 'createdb --owner=postern postern', or correct database.url" },
	{ { "authentication failed", "" },
	  EX_CONFIG,
	  "correct role and password in database.url, or be the user whom peer authentication asks"
	  " for" },
	{ { "no password supplied", "" },
	  EX_CONFIG,
	  "put one into database.url, or into a file that libpq reads (PGPASSFILE)" },
	{ { "no pg_hba.conf entry", "" }, EX_CONFIG, "let it in there, or correct database.url" },
	{ { "", "" }, EX_TEMPFAIL, "start PostgreSQL, or correct database.url" },
};

int cli_unreachable(void)
{
	static const char *const prefixes[] = { "cannot be reached: ", "read connection closed: ",
						"write connection closed: " };
	const struct remedy *r = remedies;
	const char *why = log_held();

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(why, prefixes[i], strlen(prefixes[i])) == 0)
			why += strlen(prefixes[i]);
	if (*why == '\0')
		why = "it does not answer in time";
	while (strstr(why, r->words[0]) == NULL || strstr(why, r->words[1]) == NULL)
		r++;
	fprintf(stderr, "postern: the database cannot be reached: %s; %s\n", why, r->what);
	return r->status;
}

int cli_complain(enum err e)
{
	const char *why = log_held();

	switch (e) {
	case OK:
		return EX_OK;
	case ERR_BUSY:
		/* PostgreSQL's code for a lock that somebody else holds: the database is there. */
		if (strstr(why, "55P03") != NULL) {
			fprintf(stderr,
				"postern: somebody else is changing the same, try again: %s\n",
				why);
			return EX_TEMPFAIL;
		}
		return cli_unreachable();
	case ERR_DB_UNAVAILABLE:
		return cli_unreachable();
	case ERR_DB_READ_ONLY:
		fputs("postern: the database takes no changes: it is a standby, or"
		      " default_transaction_read_only is on for it or for the role\n",
		      stderr);
		return EX_TEMPFAIL;
	case ERR_RETRY:
		fputs("postern: too many changes at once, try again\n", stderr);
		return EX_TEMPFAIL;
	case ERR_EMAIL_TAKEN:
		return cli_refuse("this email is registered already");
	default:
		fprintf(stderr, "postern: %s%s%s\n", err_row(e)->title, *why == '\0' ? "" : ": ",
			why);
		return EX_SOFTWARE;
	}
}
