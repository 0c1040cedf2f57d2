/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/become.h"
#include "cli/command.h"
#include "cli/typed_by.h"
#include "serve/prepare.h"
#include "serve/serve.h"

enum {
	HELP_COLUMN = 24 /* where summaries begin */
};

/* clang-format off */
#define LEAVES_NOTHING ERRAND_LEAVES_NOTHING, ""
#define LEAVES_ITSELF ERRAND_LEAVES_ITSELF, ""
#define LEAVES_NOTES(actions) ERRAND_LEAVES_NOTES, actions
/* clang-format on */

const struct cli_command cli_commands[] = {
#define COMMAND(id, words, arguments, needs, leaves, summary)                                      \
	{ words, arguments, summary, CLI_NEEDS_##needs, LEAVES_##leaves, cli_##id },
#include "cli/commands.def"
#undef COMMAND
	{ 0 }
};

static void print_command(FILE *to, const struct cli_command *c)
{
	int n = fprintf(to, "  %s%s%s", c->words, *c->arguments == '\0' ? "" : " ", c->arguments);

	for (const char *line = c->summary; *line != '\0';) {
		size_t size = strcspn(line, "\n");

		if (n >= HELP_COLUMN)
			fprintf(to, "\n%*s", HELP_COLUMN, "");
		else
			fprintf(to, "%*s", HELP_COLUMN - n, "");
		fprintf(to, "%.*s", (int)size, line);
		line += size + (line[size] == '\n');
		n = HELP_COLUMN;
	}
	fputc('\n', to);
}

static void print_help(FILE *to)
{
	fputs("usage: postern COMMAND\n\n", to);
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++)
		print_command(to, c);
	fputs("\n"
	      "Settings: config/default.yaml, config/$APP_ENV.yaml, APP__SECTION__KEY; see postern "
	      "config.\n"
	      "Exit status: 0 fine, 2 usage, 65 refused data, 70 an error inside, 71 the system\n"
	      "refuses, 73 no socket, 74 output lost, 75 database away, 78 configuration.\n",
	      to);
}

int cli_help(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	(void)argc;
	(void)argv;
	print_help(stdout);
	return EX_OK;
}

int cli_version(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	(void)argc;
	(void)argv;
	puts("postern " POSTERN_VERSION);
	return EX_OK;
}

/* Whether the first words of two commands are the same. */
static bool alike(const char *a, const char *b)
{
	size_t n = strcspn(a, " ");

	return n == strcspn(b, " ") && strncmp(a, b, n) == 0;
}

/* The usage of all commands that begin with a word; false when there is none. */
static bool print_usage(FILE *to, const char *word)
{
	bool found = false;

	for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
		if (!alike(word, c->words))
			continue;
		fprintf(to, "%s postern %s%s%s\n", found ? "      " : "usage:", c->words,
			*c->arguments == '\0' ? "" : " ", c->arguments);
		found = true;
	}
	return found;
}

int cli_usage(const struct cli *cli)
{
	print_usage(stderr, cli->command->words);
	return CLI_EX_USAGE;
}

struct errand cli_errand(const struct cli *cli, enum err (*run)(struct errand *e), void *arg)
{
	return (struct errand){ .name = cli->command->words,
				.conf = cli->conf,
				.typed_by = str_from(cli->typed_by),
				.leaves = cli->command->leaves,
				.run = run,
				.arg = arg };
}

int cli_refuse(const char *what)
{
	fprintf(stderr, "postern: %s\n", what);
	return EX_DATAERR;
}

bool cli_option(const char *name, int argc, char **argv, int *i, struct str *value)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n) != 0)
		return false;
	if (argv[*i][n] == '=')
		*value = str_from(argv[*i] + n + 1);
	else if (argv[*i][n] == '\0' && *i + 1 < argc)
		*value = str_from(argv[++*i]);
	else
		return false;
	return true;
}

/* How many of the words that were typed are a command's own; 0: another command is meant. */
static int words_fit(const char *words, int argc, char **argv)
{
	struct str rest = str_from(words), word = { 0 };
	int n = 0;

	for (; str_split(&rest, ' ', &word); n++)
		if (n == argc || !str_eq(word, str_from(argv[n])))
			return 0;
	return n;
}

static void print_faults(const struct conf_faults *faults)
{
	for (const struct conf_fault *f = faults->first; f != NULL; f = f->next)
		fprintf(stderr, "postern: %s\n", f->text.p);
}

/* Log lines that a person wants to read: how migrating goes, and what the database is like. */
static bool spoken(enum log_level level, const char *module)
{
	if (strcmp(module, "migrate") == 0)
		return level <= LOG_INFO;
	return strcmp(module, "database") == 0 && level <= LOG_WARN;
}

static int with_settings(const struct cli *cli, int argc, char **argv, struct arena *a)
{
	struct conf c = { 0 };
	struct conf_faults faults = { 0 };

	conf_read_env(conf_dir(), a, &faults);

	bool good = conf_load(conf_dir(), environ, a, &c, &faults) && faults.n == 0;

	/* Incomplete settings are shown, too: that is when somebody asks for them. */
	if (good && cli->command->needs == CLI_NEEDS_SOUND)
		good = conf_check(&c, a, &faults) && prepare_urls(&c, a, &faults);
	if (!good) {
		print_faults(&faults);
		return EX_CONFIG;
	}
	/* The log is for whoever reads that of the service; a person is told in a sentence. */
	log_configure(c.log_filter, c.log_format);
	if (cli->command->run != cli_serve)
		log_hold(spoken);

	int status = cli->command->needs == CLI_NEEDS_SOUND ? become_user(&c) : EX_OK;

	if (status != EX_OK)
		return status;

	const struct cli sound = { .command = cli->command, .conf = &c, .typed_by = cli->typed_by };

	return cli->command->run(&sound, argc, argv);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	char who[TYPED_BY];
	struct arena *a = NULL;

	if (*cli->command->arguments == '\0' && argc > 0)
		return cli_usage(cli);
	if (cli->command->needs == CLI_NEEDS_NOTHING)
		return cli->command->run(cli, argc, argv);
	typed_by(who);
	a = arena_make(SIZE_MAX, NULL, NULL);
	if (a == NULL)
		return EX_OSERR;

	const struct cli by = { .command = cli->command, .typed_by = who };
	int status = with_settings(&by, argc, argv, a);

	log_flush();
	arena_free(a);
	return status;
}

int cli_main(int argc, char **argv)
{
	if (argc <= 0) {
		print_help(stderr);
		return CLI_EX_USAGE;
	}
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-h") == 0)
			argv[i] = "--help";
	if (strcmp(argv[0], "-V") == 0)
		argv[0] = "--version";
	/* Behind a command --help asks about that, and needs no settings. */
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 && print_usage(stdout, argv[0]))
			return EX_OK;
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++) {
		int own = words_fit(c->words, argc, argv);

		if (own > 0)
			return run(&(struct cli){ .command = c }, argc - own, argv + own);
	}
	if (!print_usage(stderr, argv[0]))
		fputs("postern: unknown command; see postern --help\n", stderr);
	return CLI_EX_USAGE;
}
