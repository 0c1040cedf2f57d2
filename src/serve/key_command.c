/* SPDX-License-Identifier: MIT */
/* postern key: the keys of access tokens, by hand. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gen/signing_keys.h"
#include "serve/command.h"
#include "serve/keys.h"
#include "serve/serve.h"

/* What stands behind "key". */
struct key_arguments {
	struct str kid;
	bool flag; /* --activate or --now */
};

static enum err make(struct command *c)
{
	struct key_arguments *args = c->arg;
	struct str kid = { 0 };

	TRY(keys_new(c->db, c->conf, args->flag ? KEY_ACTIVE : KEY_NEXT, c->arena, &kid));
	printf("%s\n", kid.p);
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

	return keys_activate(c->db, args->kid);
}

static enum err retire(struct command *c)
{
	struct key_arguments *args = c->arg;

	return keys_retire(c->db, c->conf, args->kid, args->flag);
}

static enum err rotate(struct command *c)
{
	return keys_rotate(c->db, c->conf, NULL, c->arena);
}

/* with_keys: it is of no use where HS256 signs. */
static const struct verb {
	const char *name, *flag;
	enum err (*run)(struct command *c);
	bool takes_kid, with_keys;
	const char *invalid; /* what ERR_INVALID means */
} verbs[] = {
	{ "new", "--activate", make, false, true, NULL },
	{ "list", NULL, list, false, false, NULL },
	{ "activate", NULL, activate, true, false, "this key is retired; make a new one" },
	{ "retire", "--now", retire, true, false,
	  "this is the key that signs; activate another one first" },
	{ "rotate", NULL, rotate, false, true, NULL },
};

static int usage(void)
{
	fputs("usage: postern key new [--activate]   make a key, print its id\n"
	      "       postern key list\n"
	      "       postern key activate KID       sign with it; the former one is retired\n"
	      "       postern key retire [--now] KID its tokens stay good until they expire, "
	      "unless "
	      "--now\n"
	      "       postern key rotate             do now what keys.rotate_after asks for\n",
	      stderr);
	return 2;
}

static bool read_arguments(const struct verb *v, int argc, char **argv, struct key_arguments *out)
{
	for (int i = 1; i < argc; i++) {
		if (v->flag != NULL && strcmp(argv[i], v->flag) == 0 && !out->flag)
			out->flag = true;
		else if (v->takes_kid && argv[i][0] != '\0' && out->kid.p == NULL)
			out->kid = str_from(argv[i]);
		else
			return false;
	}
	return v->takes_kid == (out->kid.p != NULL);
}

static int refuse(const char *what)
{
	fprintf(stderr, "postern: %s\n", what);
	return EX_DATAERR;
}

static int run(const struct verb *v, const struct conf *conf, struct key_arguments *args)
{
	struct command c = { .conf = conf, .run = v->run, .arg = args };

	if (v->with_keys && keys_algorithm(conf) == TOKEN_HS256) {
		fputs("postern: jwt.algorithm is HS256, which signs with jwt_secret and has no "
		      "keys;"
		      " set it to ES256 or RS256\n",
		      stderr);
		return EX_CONFIG;
	}

	enum err e = command_run(&c);

	if (e == ERR_NO_ROW)
		return refuse("there is no such key; see postern key list");
	if (e == ERR_INVALID && v->invalid != NULL)
		return refuse(v->invalid);
	if (e == ERR_BUSY && v->run == make)
		return refuse("there are 64 keys, which is enough; retire some");
	return command_complain(e);
}

int key_command(const struct conf *conf, int argc, char **argv)
{
	struct key_arguments args = { 0 };

	for (size_t i = 0; argc > 0 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			return read_arguments(&verbs[i], argc, argv, &args)
				       ? run(&verbs[i], conf, &args)
				       : usage();
	return usage();
}
