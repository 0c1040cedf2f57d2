/* SPDX-License-Identifier: MIT */
/* Commands that need all of the settings: serve, migrate, and -t, which tries them. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "cli/command.h"
#include "db/migrate.h"
#include "gen/statements.h"
#include "mail/post.h"
#include "mail/templates.h"
#include "serve/secret.h"
#include "serve/serve.h"

int cli_serve(const struct cli *cli, int argc, char **argv)
{
	/* A secret that is made at the first start comes to the settings that were given. */
	struct conf own = *cli->conf;
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);

	(void)argc;
	(void)argv;
	if (a == NULL)
		return EX_OSERR;

	int status = master_run(&own, a);

	arena_free(a);
	return status;
}

/* The reasons of a refusal were spoken before, line by line. */
static int after_migrating(enum migrate_result r)
{
	if (r == MIGRATE_UNREACHABLE)
		return cli_unreachable();
	return r == MIGRATE_REFUSED ? EX_DATAERR : EX_OK;
}

int cli_migrate(const struct cli *cli, int argc, char **argv)
{
	bool plan = argc == 1 && strcmp(argv[0], "--plan") == 0;

	if (argc != (plan ? 1 : 0))
		return cli_usage(cli);

	const struct migrate_how how = { .url = cli->conf->database_url,
					 .owner_url = cli->conf->database_owner_url,
					 .audit_keep_us = cli->conf->audit_retention,
					 .plan = plan };

	return after_migrating(migrate_run(&how));
}

static void tell(const char *before, const struct conf_faults *faults)
{
	for (const struct conf_fault *f = faults->first; f != NULL; f = f->next)
		fprintf(stderr, "postern: %s%s\n", before, f->text.p);
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
	tell("", &faults);
	arena_free(a);
	return faults.n == 0;
}

/* Looks at the key by the connections that serving uses. */
static int look_at_key(const struct cli *cli)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct conf_faults faults = { 0 }, doubts = { 0 };

	if (a == NULL)
		return EX_OSERR;

	int status = cli_complain(secret_check(cli->conf, a, &faults, &doubts));

	tell("", &faults);
	tell("warning: ", &doubts);
	arena_free(a);
	return status == EX_OK && faults.n > 0 ? EX_CONFIG : status;
}

static enum err ping(struct errand *e)
{
	return db_ping(e->req.db);
}

/* Asks the database by the connections that serving uses. */
static int ping_database(const struct cli *cli)
{
	struct errand e = cli_errand(cli, ping, NULL);

	return cli_complain(errand_run(&e));
}

/* Looks at the database that serving would find, and then at what it would have to do first. */
static enum migrate_result look(const struct conf *c)
{
	struct migrate_how how = { .url = c->database_url,
				   .owner_url = c->database_owner_url,
				   .audit_keep_us = c->audit_retention,
				   .connections = (size_t)c->database_max_connections };
	enum migrate_result result = migrate_look(&how);

	if (result == MIGRATE_OK) {
		/* The role that serves looks, too: the owner's URL may not be for this host. */
		how = (struct migrate_how){ .url = c->database_url, .plan = true };
		result = migrate_run(&how);
	}
	log_flush();
	return result;
}

/* Tries the server without a mail; hosts that have no couriers need no way there. */
static int try_mail(const struct conf *c, bool *tried)
{
	static const int statuses[] = {
		[TRIAL_GOOD] = EX_OK, [TRIAL_AWAY] = EX_TEMPFAIL, [TRIAL_UNFIT] = EX_CONFIG
	};
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct str said = { 0 };

	*tried = post_smtp(c) && c->server_couriers > 0;
	if (a == NULL)
		return EX_OSERR;

	int status = *tried ? statuses[post_try(c, a, &said)] : EX_OK;

	if (said.p != NULL)
		fprintf(stderr, "postern: %s%s\n", status == EX_OK ? "warning: " : "", said.p);
	arena_free(a);
	return status;
}

/* Warns of settings that are good each, and never come together. */
static bool tell_doubts(const struct conf *c)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct conf_faults doubts = { 0 };

	if (a == NULL)
		return false;
	conf_doubt(c, a, &doubts);
	tell("warning: ", &doubts);
	arena_free(a);
	return true;
}

static int refuse_settings(const char *what)
{
	fprintf(stderr, "postern: %s\n", what);
	return EX_CONFIG;
}

static int try_database(const struct cli *cli)
{
	const struct conf *c = cli->conf;
	enum migrate_result plan = look(c);
	int status = after_migrating(plan);

	if (status != EX_OK)
		return status == EX_DATAERR ? EX_CONFIG : status;
	if (plan == MIGRATE_PENDING && !c->database_migrate_on_start)
		return refuse_settings("migrations are pending, and database.migrate_on_start is"
				       " off; run postern migrate");
	/* Before its migrations the database says nothing of its statements, nor of its key. */
	if (plan == MIGRATE_PENDING)
		return ping_database(cli);
	status = after_migrating(migrate_try(c->database_url, db_statements));
	log_flush();
	if (status != EX_OK)
		return status == EX_DATAERR ? EX_CONFIG : status;
	return look_at_key(cli);
}

int cli_check(const struct cli *cli, int argc, char **argv)
{
	const struct conf *c = cli->conf;
	bool no_mail = argc == 1 && strcmp(argv[0], "--no-mail") == 0, tried = false;

	if (argc != (no_mail ? 1 : 0))
		return cli_usage(cli);
	if (!mails_ready(c))
		return EX_CONFIG;
	if (!tell_doubts(c))
		return EX_OSERR;

	/* Both are tried, also when the first has failed: whoever mends both mends them at once. */
	int status = try_database(cli), mail = no_mail ? EX_OK : try_mail(c, &tried);

	if (status != EX_OK || mail != EX_OK)
		return status != EX_OK ? status : mail;
	printf("postern: the configuration is valid and the database can be reached%s\n",
	       tried ? ", and the mail server lets this host in" : "");
	return EX_OK;
}
