/* SPDX-License-Identifier: MIT */
/* postern mail: what became of the mails, and trying again. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gen/outbox.h"
#include "serve/command.h"
#include "serve/serve.h"

enum { LIMIT = 50, LIMIT_MAX = 10000 };

struct mail_arg {
	struct outbox_page page;
	struct mail_id id;
	int64_t changed;
};

static int usage(void)
{
	fputs("usage: postern mail list [--state queued|dead|sent|void] [--limit N]\n"
	      "       postern mail retry ID | --dead\n",
	      stderr);
	return 2;
}

/* One line a mail; tabs and line ends are not in any of these, for the courier puts none there. */
static enum err list(struct command *c)
{
	const struct mail_arg *arg = c->arg;
	struct mail_rows page = { 0 };
	char id[UUID_TEXT], created[INSTANT_TEXT], at[INSTANT_TEXT];

	TRY(outbox_page(c->db, &arg->page, &page));
	for (size_t i = 0; i < page.n; i++) {
		const struct mail_row *m = &page.v[i];

		printf("%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", uuid_format(m->id.uuid, id).p,
		       m->state.p, m->template.p, m->recipient.p, m->attempts,
		       instant_format(m->created_at, created).p, instant_format(m->at, at).p,
		       m->reply.p);
	}
	return OK;
}

static enum err retry(struct command *c)
{
	struct mail_arg *arg = c->arg;
	struct outbox_retry in = { .id = arg->id, .life_us = c->conf->mail_give_up };

	return outbox_retry(c->db, &in, &arg->changed);
}

/* As many as there are, a thousand at a time. */
static enum err retry_dead(struct command *c)
{
	struct mail_arg *arg = c->arg;
	struct outbox_retry_dead in = { .life_us = c->conf->mail_give_up };
	int64_t n = 0;

	TRY(db_begin(c->db));
	do {
		TRY(outbox_retry_dead(c->db, &in, &n));
		arg->changed += n;
	} while (n > 0);
	return OK;
}

static int list_command(struct command *c, struct mail_arg *arg, int argc, char **argv)
{
	static const char *const states[] = { "queued", "dead", "sent", "void" };
	struct str limit = { 0 };
	int64_t number = LIMIT;
	bool known = false;

	arg->page.state = STR("");
	for (int i = 0; i < argc; i++)
		if (!command_option("--state", argc, argv, &i, &arg->page.state) &&
		    !command_option("--limit", argc, argv, &i, &limit))
			return usage();
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		known = known || strcmp(arg->page.state.p, states[i]) == 0;
	if ((arg->page.state.n > 0 && !known) ||
	    (limit.p != NULL && !str_to_i64(limit, 1, LIMIT_MAX, &number)))
		return usage();
	arg->page.limit = (int32_t)number;
	c->run = list;
	return command_complain(command_run(c));
}

static int retry_command(struct command *c, struct mail_arg *arg, const char *which)
{
	bool all = strcmp(which, "--dead") == 0;

	if (!all && !uuid_parse(str_from(which), &arg->id.uuid))
		return usage();
	c->run = all ? retry_dead : retry;

	enum err e = command_run(c);

	if (e != OK)
		return command_complain(e);
	if (!all && arg->changed == 0) {
		fputs("postern: there is no mail of that id that is dead or waits for its next try"
		      " (postern mail list)\n",
		      stderr);
		return EX_DATAERR;
	}
	printf("%lld\n", (long long)arg->changed);
	return EX_OK;
}

int mail_command(const struct conf *conf, int argc, char **argv)
{
	struct mail_arg arg = { 0 };
	struct command c = { .conf = conf, .arg = &arg };

	if (argc >= 1 && strcmp(argv[0], "list") == 0)
		return list_command(&c, &arg, argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[0], "retry") == 0)
		return retry_command(&c, &arg, argv[1]);
	return usage();
}
