/* SPDX-License-Identifier: MIT */
/* postern key: the keys of access tokens, by hand. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/command.h"
#include "core/keys.h"
#include "gen/signing_keys.h"

enum {
	KID_TEXT = 64,	/* a SHA-256 in base64url is shorter */
	THUMBPRINT = 43 /* that, to the character */
};

/* The arguments behind "key ...". */
struct key_arguments {
	struct str kid;	     /* that is given */
	bool flag;	     /* --activate or --now */
	char made[KID_TEXT]; /* the new kid, told once committed, when the arena has gone */
};

static enum err make(struct errand *e)
{
	struct key_arguments *args = e->arg;
	struct str kid = { 0 };

	TRY(keys_new(&e->req, args->flag ? KEY_ACTIVE : KEY_NEXT, &kid));
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

static enum err list(struct errand *e)
{
	struct signing_key_rows keys = { 0 };

	TRY(signing_key_list(e->req.db, &keys));
	printf("%-43s  %-9s  %-7s  %-20s  %-20s  %s\n", "KID", "ALGORITHM", "STATE", "CREATED",
	       "ACTIVATED", "RETIRED");
	for (size_t i = 0; i < keys.n; i++) {
		const struct signing_key_row *k = &keys.v[i];

		printf("%-43s  %-9s  %-7s", k->kid.p, key_algorithm_word(k->algorithm).p,
		       key_state_word(k->state).p);
		print_time(k->created_at);
		print_time(k->activated_at);
		print_time(k->retired_at);
		putchar('\n');
	}
	return OK;
}

static enum err activate(struct errand *e)
{
	struct key_arguments *args = e->arg;

	return keys_activate(&e->req, args->kid);
}

static enum err retire(struct errand *e)
{
	struct key_arguments *args = e->arg;

	return keys_retire(&e->req, args->kid, args->flag);
}

static enum err rotate(struct errand *e)
{
	return keys_rotate(&e->req);
}

/* A kid is a thumbprint (RFC 7638), of which each 64th begins with a hyphen; no flag is as long. */
static bool is_kid(const char *text)
{
	return text[0] != '\0' && (text[0] != '-' || strlen(text) == THUMBPRINT);
}

/* A key and a flag, in any order; false for anything else. */
static bool read_arguments(const char *flag, int argc, char **argv, struct key_arguments *out)
{
	for (int i = 0; i < argc; i++) {
		if (flag != NULL && strcmp(argv[i], flag) == 0 && !out->flag)
			out->flag = true;
		else if (is_kid(argv[i]) && out->kid.p == NULL)
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
	return e == ERR_INVALID ? cli_refuse(invalid) : cli_complain(e);
}

/* The same for a command that makes a key. */
static int finish_new(enum err e)
{
	return e == ERR_NO_ROW ? cli_refuse("there are 64 keys, which is enough; retire some")
			       : cli_complain(e);
}

int cli_key_new(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct errand e = cli_errand(cli, make, &args);

	if (!read_arguments("--activate", argc, argv, &args) || args.kid.p != NULL)
		return cli_usage(cli);
	if (!has_keys(cli))
		return EX_CONFIG;

	enum err made = errand_run(&e);

	if (made == OK)
		puts(args.made);
	return finish_new(made);
}

int cli_key_list(const struct cli *cli, int argc, char **argv)
{
	struct errand e = cli_errand(cli, list, NULL);

	(void)argc;
	(void)argv;
	return cli_complain(errand_run(&e));
}

int cli_key_activate(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct errand e = cli_errand(cli, activate, &args);

	if (!read_arguments(NULL, argc, argv, &args) || args.kid.p == NULL)
		return cli_usage(cli);
	return finish(errand_run(&e), "this key is retired; make a new one");
}

int cli_key_retire(const struct cli *cli, int argc, char **argv)
{
	struct key_arguments args = { 0 };
	struct errand e = cli_errand(cli, retire, &args);

	if (!read_arguments("--now", argc, argv, &args) || args.kid.p == NULL)
		return cli_usage(cli);
	return finish(errand_run(&e), "this is the key that signs; activate another one first");
}

int cli_key_rotate(const struct cli *cli, int argc, char **argv)
{
	struct errand e = cli_errand(cli, rotate, NULL);

	(void)argc;
	(void)argv;
	return has_keys(cli) ? finish_new(errand_run(&e)) : EX_CONFIG;
}
