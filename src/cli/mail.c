/* SPDX-License-Identifier: MIT */
/* postern mail: what became of the mails, and trying again. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/command.h"
#include "core/outbox.h"
#include "gen/outbox.h"

enum { LIMIT = 50, LIMIT_MAX = 10000 };

struct mail_arg {
	struct outbox_page page;
	struct mail_id id;
	int64_t changed;
};

/* Prints a mail a line; no field has tabs or line ends, for the courier puts none there. */
static enum err list(struct errand *e)
{
	const struct mail_arg *arg = e->arg;
	struct mail_rows page = { 0 };
	char id[UUID_TEXT], created[INSTANT_TEXT], at[INSTANT_TEXT];

	TRY(outbox_page(e->req.db, &arg->page, &page));
	for (size_t i = 0; i < page.n; i++) {
		const struct mail_row *m = &page.v[i];

		printf("%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", uuid_format(m->id.uuid, id).p,
		       mail_state_word(m->state).p, m->template.p, m->recipient.p, m->attempts,
		       instant_format(m->created_at, created).p, instant_format(m->at, at).p,
		       m->reply.p);
	}
	return OK;
}

static enum err retry(struct errand *e)
{
	struct mail_arg *arg = e->arg;

	return mail_retry(&e->req, arg->id, &arg->changed);
}

static enum err retry_dead(struct errand *e)
{
	struct mail_arg *arg = e->arg;

	return mail_retry_dead(&e->req, &arg->changed);
}

int cli_mail_list(const struct cli *cli, int argc, char **argv)
{
	struct mail_arg arg = { 0 };
	struct errand e = cli_errand(cli, list, &arg);
	struct str limit = { 0 }, word = { 0 };
	int64_t number = LIMIT;
	int state = 0;

	for (int i = 0; i < argc; i++)
		if (!cli_option("--state", argc, argv, &i, &word) &&
		    !cli_option("--limit", argc, argv, &i, &limit))
			return cli_usage(cli);
	if ((word.n > 0 && !vocabulary_find(&mail_state_vocabulary, word, &state)) ||
	    (limit.p != NULL && !str_to_i64(limit, 1, LIMIT_MAX, &number)))
		return cli_usage(cli);
	arg.page.state = (enum mail_state)state;
	arg.page.limit = (int32_t)number;
	return cli_complain(errand_run(&e));
}

int cli_mail_retry(const struct cli *cli, int argc, char **argv)
{
	struct mail_arg arg = { 0 };
	bool all = argc == 1 && strcmp(argv[0], "--dead") == 0;
	struct errand e = cli_errand(cli, all ? retry_dead : retry, &arg);

	if (!all && (argc != 1 || !uuid_parse(str_from(argv[0]), &arg.id.uuid)))
		return cli_usage(cli);

	enum err done = errand_run(&e);

	if (done != OK)
		return cli_complain(done);
	if (!all && arg.changed == 0)
		return cli_refuse("there is no mail of that id that is dead or waits for its next"
				  " try (postern mail list)");
	printf("%lld\n", (long long)arg.changed);
	return EX_OK;
}
