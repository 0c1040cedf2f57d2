/* SPDX-License-Identifier: MIT */
#include "core/sweep.h"

#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/random.h"
#include "core/beat.h"
#include "core/keys.h"
#include "gen/attempts.h"
#include "gen/audit.h"
#include "gen/email_changes.h"
#include "gen/events.h"
#include "gen/mail_budgets.h"
#include "gen/outbox.h"
#include "gen/proofs.h"
#include "gen/registrations.h"
#include "gen/sessions.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	EACH_US = 60000000,
	FIRST_US = 1000000,
	JITTER_US = 10000000,	/* hosts that were started together do not stay together */
	PATIENCE_US = 30000000, /* for one sort of rows, or for the keys */
	PAUSE_US = 50000,	/* between two statements: there is no hurry */
	ROUNDS = 100,		/* of one statement; the rest is for the next time */
	MEMORY = 256 * 1024
};

struct sweep {
	struct pool *pool;
	const struct conf *conf;
	struct keeper *keeper;
	struct arena *arena;
	struct beat *beat;
	struct timer next;
	size_t at;     /* whose turn it is: 0 is the keys', behind that come the sorts */
	int64_t round; /* tick at which this round began */
	bool sweeping, stopped;
};

static enum err changes(struct db *db, const struct conf *c, int64_t *n)
{
	struct email_change_sweep in = { .undo_us = c->accounts_undo_ttl };

	return email_change_sweep(db, &in, n);
}

/* The sorts of rows, one after the other. `plain` or `with`: whichever a sort has. */
static const struct sort {
	const char *name;
	enum err (*plain)(struct db *db, int64_t *n);
	enum err (*with)(struct db *db, const struct conf *c, int64_t *n);
} sorts[] = {
	{ "outbox_expire", outbox_expire, NULL },
	{ "session_sweep", session_sweep, NULL },
	{ "event_sweep", event_sweep, NULL },
	{ "proof_sweep", proof_sweep, NULL },
	{ "email_change_sweep", NULL, changes },
	{ "attempt_sweep", attempt_sweep, NULL },
	{ "mail_budget_sweep", mail_budget_sweep, NULL },
	{ "outbox_sweep", outbox_sweep, NULL },
	{ "registration_sweep", registration_sweep, NULL },
	{ "outbox_sweep_void", outbox_sweep_void, NULL },
	{ "audit_keep", audit_keep, NULL },
};

/* Sweeps a sort until there is no more of it, or enough was done. */
static enum err sweep_sort(struct sweep *s, const struct sort *k)
{
	int64_t n = 1, all = 0;

	for (int round = 0; n > 0 && round < ROUNDS && !s->stopped; round++) {
		struct db *db = db_open(s->pool, s->arena);

		TRY(k->plain != NULL ? k->plain(db, &n) : k->with(db, s->conf, &n));
		arena_reset(s->arena);
		all += n;
		TRY(task_sleep_us(PAUSE_US));
	}
	if (all > 0)
		log_debug("sweep", "%s: %lld", k->name, (long long)all);
	return OK;
}

static enum err rotate(struct sweep *s)
{
	struct app app = { .conf = s->conf, .keeper = s->keeper };
	struct req r = { .app = &app,
			 .arena = s->arena,
			 .db = db_open(s->pool, s->arena),
			 .from = { .address = STR(""), .request_id = STR("") } };

	return req_finish(&r, keys_rotate(&r));
}

/* One turn. A failure in it is its own affair: the next turn comes all the same. */
static void sweeping(void *arg)
{
	struct sweep *s = arg;

	task_deadline(task_self(), ticks_us() + PATIENCE_US);
	if (s->at == 0 && rotate(s) != OK)
		log_warn("sweep",
			 "the keys of tokens could not be looked after; in a minute again");
	if (s->at > 0) {
		const struct sort *k = &sorts[s->at - 1];
		enum err e = sweep_sort(s, k);

		if (e != OK && !s->stopped)
			log_warn("sweep", "%s failed: %s; in a minute again", k->name,
				 err_row(e)->title);
	}
	arena_reset(s->arena);
	s->sweeping = false;
	s->at = (s->at + 1) % (1 + sizeof sorts / sizeof *sorts);
	if (s->stopped)
		return;

	int64_t now = ticks_us();
	int64_t due = s->round + EACH_US - JITTER_US / 2 + random_below(JITTER_US);

	timer_set(&s->next, s->at > 0 || due < now ? now : due);
}

/* A task for each turn: one that has run into its deadline can wait for nothing any more. */
static void on_next(struct timer *t)
{
	struct sweep *s = OWNER_OF(t, struct sweep, next);

	if (s->at == 0)
		s->round = ticks_us();
	s->sweeping = true;
	if (task_start(sweeping, s))
		return;
	s->sweeping = false;
	timer_set(t, ticks_us() + EACH_US);
}

struct sweep *sweep_make(struct pool *pool, const struct conf *c, struct keeper *keeper)
{
	struct sweep *s = calloc(1, sizeof *s);

	if (s == NULL || (s->arena = arena_make(MEMORY, NULL, NULL)) == NULL ||
	    (s->beat = beat_make(pool)) == NULL) {
		sweep_free(s);
		return NULL;
	}
	s->pool = pool;
	s->conf = c;
	s->keeper = keeper;
	s->next.fire = on_next;
	timer_set(&s->next, ticks_us() + FIRST_US + random_below(FIRST_US));
	return s;
}

bool sweep_stop(struct sweep *s)
{
	s->stopped = true;
	timer_clear(&s->next);

	bool still = beat_stop(s->beat);

	return still && !s->sweeping;
}

void sweep_free(struct sweep *s)
{
	if (s != NULL) {
		beat_free(s->beat);
		arena_free(s->arena);
	}
	free(s);
}
