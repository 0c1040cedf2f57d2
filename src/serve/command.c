/* SPDX-License-Identifier: MIT */
/* What the command line does with the database: a loop that runs for one task. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "api/req.h"
#include "base/log.h"
#include "cred/judge.h"
#include "cred/password.h"
#include "db/pool.h"
#include "gen/users.h"
#include "http/email.h"
#include "serve/command.h"
#include "serve/process.h"
#include "serve/serve.h"
#include "task/loop.h"
#include "task/task.h"

static void body(void *arg)
{
	struct command *c = arg;

	c->db = db_open(c->pool, c->arena);
	c->result = db_finish(c->db, c->run(c));
	loop_stop();
}

enum err command_run(struct command *c)
{
	struct pool_options o = process_pool(c->conf, 2, 1);

	c->result = ERR_INTERNAL;
	o.patient = !c->hurried;
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

int command_complain(enum err e)
{
	switch (e) {
	case OK:
		return EX_OK;
	case ERR_DB_UNAVAILABLE:
	case ERR_BUSY:
		fputs("postern: the database cannot be reached (database.url)\n", stderr);
		return EX_TEMPFAIL;
	case ERR_DB_READ_ONLY:
		fputs("postern: the database takes no changes: it is a standby, or"
		      " default_transaction_read_only is on for it or for the role\n",
		      stderr);
		return EX_TEMPFAIL;
	case ERR_EMAIL_TAKEN:
		fputs("postern: this email is registered already\n", stderr);
		return EX_DATAERR;
	default:
		fprintf(stderr, "postern: %s\n", err_row(e)->title);
		return EX_SOFTWARE;
	}
}

bool command_option(const char *name, int argc, char **argv, int *i, struct str *value)
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

static enum err ping(struct command *c)
{
	return db_ping(c->db);
}

bool database_reachable(const struct conf *conf)
{
	struct command c = { .conf = conf, .run = ping };

	return command_run(&c) == OK;
}

/* Reads a line without its end; false at the end of input or when it is too long. */
static bool read_line(struct arena *a, struct secret *out)
{
	char *line = arena_alloc(a, PASSWORD_BYTES_MAX + 3);

	if (fgets(line, PASSWORD_BYTES_MAX + 3, stdin) == NULL)
		return false;

	size_t n = strcspn(line, "\r\n");

	line[n] = '\0';
	*out = (struct secret){ line, n };
	return n <= PASSWORD_BYTES_MAX;
}

/* Asks at a terminal, without echo; takes one line of a pipe as it is. */
static bool read_password(struct arena *a, struct secret *out)
{
	struct termios before;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

	setvbuf(stdin, NULL, _IONBF, 0);
	if (terminal) {
		struct termios quiet = before;

		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fputs("Password: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}

	bool got = read_line(a, out);

	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputs("\n", stderr);
	}
	return got;
}

static int refuse(const char *what)
{
	fprintf(stderr, "postern: %s\n", what);
	return EX_DATAERR;
}

static enum err create(struct command *c)
{
	struct user_insert row = { .id = user_id_new(),
				   .email = c->email,
				   .name = c->name,
				   .locale = STR("en"),
				   .verified = true,
				   .role = c->admin ? STR("admin") : STR("user") };
	struct password_cost cost = { (uint32_t)c->conf->password_memory_kib,
				      (uint32_t)c->conf->password_passes };
	struct str words = judge_words(c->email, c->name, c->arena);
	struct user_row user = { 0 };
	struct secret password = { 0 };
	char hash[PASSWORD_HASH], id[UUID_TEXT];

	/* Asked for by the caller before: see create_user. */
	if (!read_password(c->arena, &password) ||
	    (int64_t)str_chars((struct str){ password.p, password.n }) <
		    c->conf->password_min_length ||
	    !str_utf8((struct str){ password.p, password.n }))
		return ERR_INVALID;
	c->weak = c->conf->password_reject_common && judge_weak(password, words);
	if (c->weak)
		return ERR_INVALID;
	email_key(c->email, c->arena, &row.email_key);
	if (!password_hash(password, cost, hash))
		return ERR_INTERNAL;
	row.password = (struct secret){ hash, strlen(hash) };

	enum err e = user_insert(c->db, &row, &user);

	if (e == ERR_NO_ROW)
		return ERR_EMAIL_TAKEN;
	TRY(e);
	printf("%s\n", uuid_format(user.id.uuid, id).p);
	return OK;
}

static int create_user(struct command *c)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	size_t at = c->email.p == NULL ? 0 : strcspn(c->email.p, "@");
	bool valid = a != NULL && c->email.p != NULL && email_key(c->email, a, NULL);

	arena_free(a);
	if (!valid)
		return refuse("the email must be a valid email address");
	if (c->name.p == NULL)
		c->name = (struct str){ c->email.p, at };
	if (c->name.n == 0 || !str_utf8(c->name) || str_chars(c->name) > USER_NAME_MAX ||
	    str_has_controls(c->name))
		return refuse("the name must be 1 to 200 characters, and no control characters");
	c->run = create;

	enum err e = command_run(c);

	if (c->weak)
		return refuse("the password is too easy to guess: it is common, or made of the"
			      " user's own email or name");
	if (e == ERR_INVALID) {
		fprintf(stderr,
			"postern: the password (a line on standard input) must be UTF-8, at least"
			" %lld characters and at most %d bytes\n",
			(long long)c->conf->password_min_length, PASSWORD_BYTES_MAX);
		return EX_DATAERR;
	}
	return command_complain(e);
}

static enum err list(struct command *c)
{
	struct user_page first = { .limit = 100 };
	struct user_page_after next = { .limit = 100 };
	struct user_rows page = { 0 };
	char id[UUID_TEXT], at[INSTANT_TEXT];

	TRY(user_page(c->db, &first, &page));
	for (;;) {
		for (size_t i = 0; i < page.n; i++) {
			struct user_row *u = &page.v[i];

			printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", uuid_format(u->id.uuid, id).p,
			       u->email.p, u->role.p, u->name.p,
			       instant_format(u->created_at, at).p,
			       u->verified ? "verified" : "unverified",
			       u->disabled ? "disabled" : "enabled");
		}
		if (page.n < 100)
			return OK;
		next.after = page.v[page.n - 1].id;
		TRY(user_page_after(c->db, &next, &page));
	}
}

static int usage(void)
{
	fputs("usage: postern user create [--admin] [--name NAME] EMAIL   (password on standard "
	      "input)\n"
	      "       postern user list\n",
	      stderr);
	return 2;
}

int user_command(const struct conf *conf, int argc, char **argv)
{
	struct command c = { .conf = conf, .run = list };

	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return command_complain(command_run(&c));
	if (argc < 1 || strcmp(argv[0], "create") != 0)
		return usage();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--admin") == 0)
			c.admin = true;
		else if (command_option("--name", argc, argv, &i, &c.name) ||
			 command_option("--email", argc, argv, &i, &c.email))
			continue;
		else if (argv[i][0] != '-' && c.email.p == NULL)
			c.email = str_from(argv[i]);
		else
			return usage();
	}
	return create_user(&c);
}
