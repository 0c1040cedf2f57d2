/* SPDX-License-Identifier: MIT */
#include "serve/command.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/random.h"
#include "serve/process.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	TRIES = 6, /* of an act whose transaction lost a race */
	JITTER_US = 20000
};

struct command command_make(const struct cli *cli, enum err (*run)(struct command *c), void *arg)
{
	return (struct command){ .cli = cli,
				 .conf = cli->conf,
				 .run = run,
				 .arg = arg,
				 .act = { .typed_by = str_from(cli->typed_by) } };
}

static bool leaves(const struct command *c, enum cli_leaves what)
{
	return c->cli != NULL && c->cli->command->leaves == what;
}

/* One try, from the beginning. */
static enum err run(struct command *c)
{
	c->act.notes = 0;
	if (leaves(c, CLI_LEAVES_NOTES))
		TRY(db_begin(c->db));
	TRY(c->run(c));
	if (!leaves(c, CLI_LEAVES_NOTES) || c->act.notes > 0 || !db_changed(c->db))
		return OK;
	log_error("command", "%s changes something and notes nothing", c->cli->command->words);
	return ERR_INTERNAL;
}

/*
 * What somebody has typed is run again when the database asks for it, as a request is. What the
 * service does by itself comes again anyway.
 */
static enum err run_until_settled(struct command *c)
{
	int tries = leaves(c, CLI_LEAVES_NOTES) ? TRIES : 1;

	for (int i = 1;; i++) {
		c->db = db_open(c->pool, c->arena);

		enum err e = db_finish(c->db, run(c));

		if (e != ERR_RETRY || i == tries)
			return e;
		TRY(task_sleep_us(1 + random_below((int64_t)JITTER_US << i)));
	}
}

static void body(void *arg)
{
	struct command *c = arg;

	c->result = run_until_settled(c);
	loop_stop();
}

enum err command_run(struct command *c)
{
	struct pool_options o = process_pool(c->conf, 2, 1);

	c->result = ERR_INTERNAL;
	o.patient = !c->hurried;
	o.changes_nothing = leaves(c, CLI_LEAVES_NOTHING);
	c->arena = arena_make(SIZE_MAX, NULL, NULL);
	if (c->arena == NULL || loop_open() != OK || (c->pool = pool_make(&o)) == NULL)
		return ERR_INTERNAL;
	if (task_start(body, c))
		loop_run();
	arena_free(c->arena);
	pool_free(c->pool);
	loop_close();
	log_flush();
	return c->result;
}

/* What goes with a reason that PostgreSQL gave; the last row with any. */
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

int command_unreachable(void)
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

int command_complain(enum err e)
{
	const char *why = log_held();

	switch (e) {
	case OK:
		return EX_OK;
	case ERR_BUSY:
		/* PostgreSQL's code: it is there, and somebody else holds what was waited for. */
		if (strstr(why, "55P03") != NULL) {
			fprintf(stderr,
				"postern: somebody else is changing the same, try again: %s\n",
				why);
			return EX_TEMPFAIL;
		}
		return command_unreachable();
	case ERR_DB_UNAVAILABLE:
		return command_unreachable();
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
