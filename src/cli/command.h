/* SPDX-License-Identifier: MIT */
/* The command line: what commands.def says of each command, and what their functions get. */
#pragma once

#include "serve/errand.h"

enum cli_needs { CLI_NEEDS_NOTHING, CLI_NEEDS_SETTINGS, CLI_NEEDS_SOUND };

struct cli;

/* One row of commands.def. */
struct cli_command {
	const char *words, *arguments, *summary;
	enum cli_needs needs;
	enum errand_leaves leaves;
	const char *actions; /* words that it is noted as, with spaces between; "": none */
	int (*run)(const struct cli *cli, int argc, char **argv);
};

/* The rows in their order; ends with words == NULL. */
extern const struct cli_command cli_commands[];

/* One command that somebody has typed. */
struct cli {
	const struct cli_command *command;
	const struct conf *conf; /* the settings, where it needs them; else NULL */
	const char *typed_by;	 /* who has typed it: "ann (uid 1000)" */
};

/* The exit status after a usage message. */
enum { CLI_EX_USAGE = 2 };

/* Says how the command, and those that begin alike, are used; returns CLI_EX_USAGE. */
int cli_usage(const struct cli *cli);

/* The errand of a command at the database; its row says what may stay behind of it. */
struct errand cli_errand(const struct cli *cli, enum err (*run)(struct errand *e), void *arg);

/* Says on stderr what went wrong, if anything did; returns the exit status. */
int cli_complain(enum err e);

/* Says on stderr why the database cannot be reached, and what to do; returns the exit status. */
int cli_unreachable(void);

/* Says on stderr why data are refused; returns EX_DATAERR. */
int cli_refuse(const char *what);

/*
 * Takes "--name VALUE" or "--name=VALUE" at argv[*i] and moves *i to its last word; false when it
 * is something else.
 */
bool cli_option(const char *name, int argc, char **argv, int *i, struct str *value);

/* Each function gets the words behind its own (none without arguments); returns an exit status. */
#define COMMAND(id, words, arguments, needs, leaves, summary)                                      \
	int cli_##id(const struct cli *cli, int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND
