/* SPDX-License-Identifier: MIT */
/* postern user: people who are made without the API, administrators above all. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "core/account.h"
#include "core/req.h"
#include "cred/judge.h"
#include "cred/password.h"
#include "gen/users.h"
#include "schema/given.h"

/* The person to be made, by the rules of registering, and the rest of the arguments. */
struct user_arguments {
	struct email email;
	struct str name;
	bool admin;
	char hash[PASSWORD_HASH];
	struct user_id id; /* of the user who was made */
};

/* The outcome of choosing a password: a hash, or why there is none. */
enum choice { CHOSEN, NONE_CHOSEN, TOO_WEAK, NOT_HASHED };

/*
 * Reads a password and hashes it. Nothing is held meanwhile: whoever types takes as long as they
 * like, and so the database is asked afterwards.
 */
static enum choice choose_password(const struct conf *c, struct arena *a,
				   struct user_arguments *args)
{
	struct password_cost cost = { (uint32_t)c->password_memory_kib,
				      (uint32_t)c->password_passes };
	struct str words = judge_words(args->email.text, args->name, a);
	struct secret password = { 0 };
	size_t chars = 0;

	if (!ask_password(a, &password))
		return NONE_CHOSEN;
	if (!password_chars(password, &chars) || (int64_t)chars < c->password_min_length)
		return NONE_CHOSEN;
	if (c->password_reject_common && judge_weak(password, words))
		return TOO_WEAK;
	return password_hash(password, cost, args->hash) ? CHOSEN : NOT_HASHED;
}

static enum err create(struct errand *e)
{
	struct user_arguments *args = e->arg;
	struct account_new account = { .email = args->email,
				       .name = args->name,
				       .password = { args->hash, strlen(args->hash) },
				       .role = args->admin ? USER_ROLE_ADMIN : USER_ROLE_USER };

	return account_create(&e->req, &account, &args->id);
}

static int create_user(const struct cli *cli, struct arena *a, struct user_arguments *args)
{
	struct errand e = cli_errand(cli, create, args);
	char id[UUID_TEXT];

	switch (choose_password(cli->conf, a, args)) {
	case CHOSEN:
		break;
	case NONE_CHOSEN:
		fprintf(stderr,
			"postern: the password (a line on standard input) must be UTF-8, at least"
			" %lld characters and at most %d bytes\n",
			(long long)cli->conf->password_min_length, PASSWORD_BYTES_MAX);
		return EX_DATAERR;
	case TOO_WEAK:
		return cli_refuse("the password is too easy to guess: it is common, or made of the"
				  " user's own email or name");
	case NOT_HASHED:
		return cli_complain(ERR_INTERNAL);
	}

	enum err made = errand_run(&e);

	if (made == OK)
		puts(uuid_format(args->id.uuid, id).p);
	return cli_complain(made);
}

SCHEMA(person, user_arguments, FIELD(user_arguments, email, ACCOUNT_EMAIL),
       FIELD(user_arguments, name, ACCOUNT_NAME));

/* Returns EX_OK, or the status after a refusal of the person. texts: as person_schema has them. */
static int take_person(struct arena *a, const struct str texts[], struct user_arguments *args)
{
	for (size_t i = 0; i < person_schema.n; i++) {
		const struct field *f = &person_schema.fields[i];
		struct given given = given_text(f, texts[i]);
		struct str wrong = given_take(&given, f, a, args);

		if (wrong.p != NULL)
			return cli_refuse(arena_printf(a, "%s %s", f->name, wrong.p).p);
	}
	return EX_OK;
}

int cli_user_create(const struct cli *cli, int argc, char **argv)
{
	struct user_arguments args = { 0 };
	struct str texts[2] = { 0 }, *email = &texts[0], *name = &texts[1];

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--admin") == 0)
			args.admin = true;
		else if (cli_option("--name", argc, argv, &i, name) ||
			 cli_option("--email", argc, argv, &i, email))
			continue;
		else if (argv[i][0] != '-' && email->p == NULL)
			*email = str_from(argv[i]);
		else
			return cli_usage(cli);
	}
	if (name->p == NULL && email->p != NULL)
		*name = (struct str){ email->p, strcspn(email->p, "@") };

	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);

	if (a == NULL)
		return cli_complain(ERR_INTERNAL);

	int status = take_person(a, texts, &args);

	if (status == EX_OK)
		status = create_user(cli, a, &args);
	arena_free(a);
	return status;
}

static enum err list(struct errand *e)
{
	struct user_page first = { .limit = 100 };
	struct user_page_after next = { .limit = 100 };
	struct user_rows page = { 0 };
	char id[UUID_TEXT], at[INSTANT_TEXT];

	TRY(user_page(e->req.db, &first, &page));
	for (;;) {
		for (size_t i = 0; i < page.n; i++) {
			struct user_row *u = &page.v[i];

			printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", uuid_format(u->id.uuid, id).p,
			       u->email.p, user_role_word(u->role).p, u->name.p,
			       instant_format(u->created_at, at).p,
			       u->verified ? "verified" : "unverified",
			       u->disabled ? "disabled" : "enabled");
		}
		if (page.n < 100)
			return OK;
		next.after = page.v[page.n - 1].id;
		TRY(user_page_after(e->req.db, &next, &page));
	}
}

int cli_user_list(const struct cli *cli, int argc, char **argv)
{
	struct errand e = cli_errand(cli, list, NULL);

	(void)argc;
	(void)argv;
	return cli_complain(errand_run(&e));
}
