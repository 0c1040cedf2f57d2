/* SPDX-License-Identifier: MIT */
/* postern key: the keys of access tokens, by hand. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gen/signing_keys.h"
#include "serve/command.h"
#include "serve/keys.h"

enum { KID_TEXT = 64 /* a SHA-256 in base64url is shorter */ };

/* What stands behind "key ...". */
struct key_arguments {
	struct str kid;	     /* that is given */
	bool flag;	     /* --activate or --now */
	char made[KID_TEXT]; /* told once it is committed, when the arena has gone */
};

static enum err make(struct command *c)
{
	struct key_arguments *args = c->arg;
	struct str kid = { 0 };

	TRY(keys_new(c->db, c->conf, args->flag ? KEY_ACTIVE : KEY_NEXT, &c->act, c->arena, &kid));
	snprintf(args->made, sizeof args->made, "%s", kid.p);
	return OK;
}

static void print_time(struct instant t)
{
	char text[INSTANT_TEXT];

	if (t.us == INSTANT_NONE.us)
		printf("  %-20s", "-");
	else /* to the second */
		printf("  %.19sZ", instant_format(t, text).p);
}

static enum err list(struct command *c)
{
	struct signing_key_rows keys = { 0 };

	TRY(signing_key_list(c->db, &keys));
	printf("%-43s  %-9s  %-7s  %-20s  %-20s  %s\n", "KID", "ALGORITHM", "STATE", "CREATED",
	       "ACTIVATED", "RETIRED");
	for (size_t i = 0; i < keys.n; i++) {
		const struct signing_key_row *k = &keys.v[i];

		printf("%-43s  %-9s  %-7s", k->kid.p, k->algorithm.p, k->state.p);
		print_time(k->created_at);
		print_time(k->activated_at);
		print_time(k->retired_at);
		putchar('\n');
	}
	return OK;
}

static enum err activate(struct command *c)
{
	struct key_arguments *args = c->arg;

	return keys_activate(c->db, &c->act, args->kid);
}

static enum err retire(struct command *c)
{
	struct key_arguments *args = c->arg;

	return keys_retire(c->db, c->conf, &c->act, args->kid, args->flag);
}

static enum err rotate(struct command *c)
{
	return keys_rotate(c->db, c->conf, NULL, &c->act, c->arena);
}

/* A key and a flag, in any order; false for anything else. */
static bool read_arguments(const char *flag, int argc, char **argv, struct key_arguments *out)
{
	for (int i = 0; i < argc; i++) {
		if (flag != NULL && strcmp(argv[i], flag) == 0 && !out->flag)
			out->flag = true;
		else if (argv[i][0] != '\0' && argv[i][0] != '-' && out->kid.p == NULL)
			out->kid = str_from(argv[i]);
		else
			return false;
	}
	return true;
}

static bool has_keys(const struct cli *cli)
{
	if (keys_algorithm(cli->conf) != TOKEN_HS256)
		return true;
	fputs("postern: jwt.algorithm is HS256, which signs with jwt_secret and has no keys;"
	      " set it to ES256 or RS256\n",
	      stderr);
	return false;
}

/* invalid: what ERR_INVALID means. */
static int finish(enum err e, const char *invalid)
{
	if (e == ERR_NO_ROW)
		return cli_refuse("there is no such key; see postern key list");
	return e == ERR_INVALID ? cli_refuse(invalid) : command_complain(e);
}

/* The same of what makes one. */
static int finish_new(enum err e)
{
	return e == ERR_NO_ROW ? cli_refuse("there are 64 keys, which is enough; retire some")
			       : command_complain(e);
}

int cli_key_new(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct command c = command_make(cli, make, &args);

	if (!read_arguments("--activate", argc, argv, &args) || args.kid.p != NULL)
		return cli_usage(cli);
	if (!has_keys(cli))
		return EX_CONFIG;

	enum err e = command_run(&c);

	if (e == OK)
		puts(args.made);
	return finish_new(e);
}

int cli_key_list(const struct cli *cli, int argc, char **argv)
{
	struct command c = command_make(cli, list, NULL);

	(void)argc;
	(void)argv;
	return command_complain(command_run(&c));
}

int cli_key_activate(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct command c = command_make(cli, activate, &args);

	if (!read_arguments(NULL, argc, argv, &args) || args.kid.p == NULL)
		return cli_usage(cli);
	return finish(command_run(&c), "this key is retired; make a new one");
}

int cli_key_retire(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct command c = command_make(cli, retire, &args);

	if (!read_arguments("--now", argc, argv, &args) || args.kid.p == NULL)
		return cli_usage(cli);
	return finish(command_run(&c), "this is the key that signs; activate another one first");
}

int cli_key_rotate(const struct cli *cli, int argc, char **argv)
{
	struct command c = command_make(cli, rotate, NULL);

	(void)argc;
	(void)argv;
	return has_keys(cli) ? finish_new(command_run(&c)) : EX_CONFIG;
}
