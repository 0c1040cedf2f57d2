/* SPDX-License-Identifier: MIT */
/* What goes down a link, and what is expected back for it. */
#include "base/instant.h"
#include "db/internal.h"

enum {
	/*
	 * How much longer than statement_timeout an answer may take. PostgreSQL would have given
	 * one by then: it hangs, or the network has lost it, and TCP alone may need a quarter of
	 * an hour to notice.
	 */
	ANSWER_EXTRA_US = 1000000
};

void link_await(struct link *l)
{
	if (l->state != LINK_UP)
		return;
	if (l->sent_count == 0)
		timer_clear(&l->timer);
	else
		timer_set(&l->timer,
			  ticks_us() + l->pool->o.statement_timeout_us + ANSWER_EXTRA_US);
}

static void expect(struct link *l, struct sent_entry e)
{
	size_t at = (l->sent_first + l->sent_count++) % l->sent_room;

	l->sent[at] = e;
	if (e.kind != SENT_JOB)
		return;

	for (struct job *j = e.job; j != NULL; j = job_next(j, e.job)) {
		j->link = l;
		j->entry = at;
	}
}

struct sent_entry link_expected(struct link *l)
{
	struct sent_entry e = l->sent[l->sent_first];

	l->sent_first = (l->sent_first + 1) % l->sent_room;
	/* An idle ring begins anew, so that it touches no more memory than it needs. */
	if (--l->sent_count == 0)
		l->sent_first = 0;
	if (e.kind == SENT_JOB)
		for (struct job *j = e.job; j != NULL; j = job_next(j, e.job))
			j->link = NULL;
	return e;
}

bool link_has_room(const struct link *l, size_t n)
{
	return l->sent_room - l->sent_count >= n;
}

/* Expects the result of what libpq has taken; it has failed when `taken` is not 1. */
static bool sent(struct link *l, int taken, struct sent_entry e)
{
	if (taken != 1) {
		link_fail(l);
		return false;
	}
	expect(l, e);
	return true;
}

bool link_send_command(struct link *l, const char *sql)
{
	int taken = PQsendQueryParams(l->pg, sql, 0, NULL, NULL, NULL, NULL, 1);

	return sent(l, taken, (struct sent_entry){ .kind = SENT_OTHER });
}

bool link_send_sync(struct link *l)
{
	return sent(l, PQpipelineSync(l->pg), (struct sent_entry){ .kind = SENT_SYNC });
}

bool link_send_prepare(struct link *l, const struct db_statement *s)
{
	int taken = PQsendPrepare(l->pg, s->name, s->sql, (int)s->param_count, NULL);

	return sent(l, taken, (struct sent_entry){ .kind = SENT_PREPARE, .s = s });
}

bool link_misses(const struct link *l, const struct db_statement *s)
{
	for (size_t i = 0; i < l->missing_count; i++)
		if (l->missing[i] == s)
			return true;
	return false;
}

bool link_send_job(struct link *l, struct job *j)
{
	const struct db_statement *s = j->s;
	struct row_params p;
	int n = (int)s->param_count, taken = 0;

	job_encode(j, &p);
	if (l->pooled || link_misses(l, s))
		taken = PQsendQueryParams(l->pg, s->sql, n, NULL, p.values, p.lengths, p.formats,
					  1);
	else
		taken = PQsendQueryPrepared(l->pg, s->name, n, p.values, p.lengths, p.formats, 1);
	return sent(l, taken, (struct sent_entry){ .kind = SENT_JOB, .s = s, .job = j });
}

bool link_in_transaction(const struct link *l)
{
	return l->sent_count > 0 || PQtransactionStatus(l->pg) != PQTRANS_IDLE;
}

void link_flush(struct link *l)
{
	int left = PQflush(l->pg);

	if (left < 0)
		return link_fail(l);
	if (l->timer.slot == 0)
		link_await(l);
	if ((left > 0) != l->unsent) {
		l->unsent = left > 0;
		link_watch(l, l->unsent);
	}
}

void link_forget(struct job *j)
{
	struct link *l = j->link;

	if (l == NULL)
		return;

	l->sent[j->entry].job = job_part(j);
	j->link = NULL;
}
