/* SPDX-License-Identifier: MIT */
/* What is done with all of the settings: serve, migrate, and -t, which tries them. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "db/migrate.h"
#include "mail/post.h"
#include "mail/templates.h"
#include "serve/command.h"
#include "serve/serve.h"

int cli_serve(const struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return master_run(cli->conf);
}

int cli_migrate(const struct cli *cli, int argc, char **argv)
{
	bool plan = argc == 1 && strcmp(argv[0], "--plan") == 0;

	if (argc != (plan ? 1 : 0))
		return cli_usage(cli);

	enum migrate_result r = migrate_run(cli->conf->database_url, plan);

	log_flush();
	return r == MIGRATE_OK ? EX_OK : r == MIGRATE_UNREACHABLE ? EX_TEMPFAIL : EX_DATAERR;
}

/* The folders and files that mails need. */
static bool mails_ready(const struct conf *c)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct conf_faults faults = { 0 };

	if (a == NULL)
		return false;
	templates_load(c->mail_templates, a, &faults);
	post_check(c, a, &faults);
	for (const struct conf_fault *f = faults.first; f != NULL; f = f->next)
		fprintf(stderr, "postern: %s\n", f->text.p);
	arena_free(a);
	return faults.n == 0;
}

static enum err ping(struct command *c)
{
	return db_ping(c->db);
}

static bool database_reachable(const struct cli *cli)
{
	struct command c = command_make(cli, ping, NULL);

	return command_run(&c) == OK;
}

int cli_check(const struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (!mails_ready(cli->conf))
		return EX_CONFIG;
	if (!db_url_valid(cli->conf->database_url)) {
		fputs("postern: database.url: is not a PostgreSQL URI;"
		      " expected postgresql://user@host/database\n",
		      stderr);
		return EX_CONFIG;
	}

	enum migrate_result plan = migrate_run(cli->conf->database_url, true);

	log_flush();
	if (plan == MIGRATE_REFUSED) {
		fputs("postern: database.url: the database is refused; see the lines above\n",
		      stderr);
		return EX_CONFIG;
	}
	if (plan != MIGRATE_OK || !database_reachable(cli)) {
		fputs("postern: database.url: the database cannot be reached;"
		      " see the lines above, start PostgreSQL or correct the URI\n",
		      stderr);
		return EX_CONFIG;
	}
	puts("postern: the configuration is valid and the database can be reached");
	return EX_OK;
}
