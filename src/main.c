/* SPDX-License-Identifier: MIT */
/* The command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "api/req.h"
#include "base/log.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "http/openapi.h"
#include "mail/post.h"
#include "mail/templates.h"
#include "serve/serve.h"

enum { EX_BAD_USAGE = 2 };

static const char help[] =
	"usage: postern COMMAND\n"
	"\n"
	"  serve                 answer requests: FastCGI on descriptor 0, LISTEN_FDS or\n"
	"                        server.listen; SIGTERM drains, SIGHUP reloads\n"
	"  migrate [--plan]      bring the database up to date, or say what would be done\n"
	"  user create [--admin] [--name NAME] EMAIL\n"
	"                        make a user; the password is a line on standard input\n"
	"  user list             id, email, role, name, time of creation\n"
	"  mail list [--state queued|dead|sent|void] [--limit N]\n"
	"                        id, state, template, recipient, tries, made, due or done, reply\n"
	"  mail retry ID|--dead  send a mail again, or all that were given up\n"
	"  key new [--activate] | list | activate KID | retire [--now] KID | rotate\n"
	"                        keys of access tokens, for jwt.algorithm ES256 and RS256\n"
	"  routes                the operations\n"
	"  openapi               the OpenAPI 3.1 description\n"
	"  config [--env]        the settings in force, or all of them as environment variables\n"
	"  -t                    check configuration and database\n"
	"  --version, --help\n"
	"\n"
	"Settings: config/default.yaml, config/$APP_ENV.yaml, APP__SECTION__KEY; see postern "
	"config.\n"
	"Exit status: 0 fine, 2 usage, 65 refused data, 75 database away, 78 configuration.\n";

static int usage(void)
{
	fputs("postern: unknown command; see postern --help\n", stderr);
	return EX_BAD_USAGE;
}

static int print_routes(void)
{
	static const char *const who[] = { [ACCESS_ANYONE] = "anyone",
					   [ACCESS_USER] = "user",
					   [ACCESS_SELF] = "self",
					   [ACCESS_GATE] = "gate",
					   [ACCESS_ADMIN] = "admin" };

	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = &routes[i];

		printf("%-6s %-24s %-6s %d %-14s %s\n", method_name(r->method), r->path,
		       who[r->access], r->status, r->name, r->summary);
	}
	return EX_OK;
}

static int print_openapi(void)
{
	char *text = openapi_make(routes, routes_count, POSTERN_VERSION);

	if (text == NULL)
		return EX_OSERR;
	puts(text);
	free(text);
	return EX_OK;
}

static void print_faults(const struct conf_faults *faults)
{
	for (const struct conf_fault *f = faults->first; f != NULL; f = f->next)
		fprintf(stderr, "postern: %s\n", f->text.p);
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
	print_faults(&faults);
	arena_free(a);
	return faults.n == 0;
}

static int check(const struct conf *c)
{
	if (!mails_ready(c))
		return EX_CONFIG;
	if (!db_url_valid(c->database_url)) {
		fputs("postern: database.url: is not a PostgreSQL URI;"
		      " expected postgresql://user@host/database\n",
		      stderr);
		return EX_CONFIG;
	}

	enum migrate_result plan = migrate_run(c->database_url, true);

	log_flush();
	if (plan == MIGRATE_REFUSED) {
		fputs("postern: database.url: the database is refused; see the lines above\n",
		      stderr);
		return EX_CONFIG;
	}
	if (plan != MIGRATE_OK || !database_reachable(c)) {
		fputs("postern: database.url: the database cannot be reached;"
		      " see the lines above, start PostgreSQL or correct the URI\n",
		      stderr);
		return EX_CONFIG;
	}
	puts("postern: the configuration is valid and the database can be reached");
	return EX_OK;
}

static int migrate(const struct conf *c, bool plan)
{
	enum migrate_result r = migrate_run(c->database_url, plan);

	log_flush();
	return r == MIGRATE_OK ? EX_OK : r == MIGRATE_UNREACHABLE ? EX_TEMPFAIL : EX_DATAERR;
}

/* The commands that need settings. */
static int run(const struct conf *c, int argc, char **argv)
{
	const char *command = argv[1];

	if (strcmp(command, "serve") == 0 && argc == 2)
		return master_run(c);
	if (strcmp(command, "migrate") == 0 && argc == 2)
		return migrate(c, false);
	if (strcmp(command, "migrate") == 0 && argc == 3 && strcmp(argv[2], "--plan") == 0)
		return migrate(c, true);
	if (strcmp(command, "user") == 0)
		return user_command(c, argc - 2, argv + 2);
	if (strcmp(command, "mail") == 0)
		return mail_command(c, argc - 2, argv + 2);
	if (strcmp(command, "key") == 0)
		return key_command(c, argc - 2, argv + 2);
	if (strcmp(command, "-t") == 0 && argc == 2)
		return check(c);
	return usage();
}

static int load_and_run(int argc, char **argv, struct arena *a)
{
	struct conf c = { 0 };
	struct conf_faults faults = { 0 };
	bool loaded = conf_load(conf_dir(), environ, a, &c, &faults);

	/* Shown also where it is not complete: that is when it is asked for. */
	if (loaded && strcmp(argv[1], "config") == 0 && argc == 2) {
		conf_print(&c);
		return EX_OK;
	}
	if (!loaded || !conf_check(&c, a, &faults)) {
		print_faults(&faults);
		return EX_CONFIG;
	}
	log_configure(c.log_filter, c.log_format);
	return run(&c, argc, argv);
}

static int with_settings(int argc, char **argv)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);

	if (a == NULL)
		return EX_OSERR;

	int status = load_and_run(argc, argv, a);

	log_flush();
	arena_free(a);
	return status;
}

/*
 * Before any secret is read: no process of the same user may look into the memory of this one, and
 * none of it is written to a disk. Children inherit both. LeakSanitizer looks by ptrace, so a build
 * with sanitizers stays open.
 */
static void close_memory(void)
{
#ifndef POSTERN_SAN
	const struct rlimit none = { 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
#endif
}

static int command_line(int argc, char **argv)
{
	static const char *const commands[] = { "serve", "migrate", "user", "mail",
						"key",	 "config",  "-t" };
	const char *command = argc < 2 ? "--help" : argv[1];

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		fputs(help, argc < 2 ? stderr : stdout);
		return argc < 2 ? EX_BAD_USAGE : EX_OK;
	}
	if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0) {
		puts("postern " POSTERN_VERSION);
		return EX_OK;
	}
	if (strcmp(command, "routes") == 0 && argc == 2)
		return print_routes();
	if (strcmp(command, "openapi") == 0 && argc == 2)
		return print_openapi();
	if (argc == 3 && strcmp(command, "config") == 0 && strcmp(argv[2], "--env") == 0) {
		conf_print_env();
		return EX_OK;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(command, commands[i]) == 0)
			return with_settings(argc, argv);
	return usage();
}

int main(int argc, char **argv)
{
	close_memory();
	if (sodium_init() < 0)
		return EX_SOFTWARE;

	int status = command_line(argc, argv);

	/* A full disk or a closed pipe: what was asked for has not been told. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("postern: standard output");
		return status == EX_OK ? EX_IOERR : status;
	}
	return status;
}
