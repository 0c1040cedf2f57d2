/* SPDX-License-Identifier: MIT */
#include "core/limit.h"

#include "core/audit.h"
#include "core/limit_parts.h"
#include "core/password_rule.h"
#include "db/pool.h"
#include "gen/attempts.h"
#include "text/email.h"
#include "text/network.h"

/* The guess that the request has counted, in whichever run; NULL: none that still counts. */
static struct guess **counted(struct req *r)
{
	return req_once(r, "guess", sizeof(struct guess *));
}

/* The account is one for all spellings of an address. A text that is no address is counted, too. */
static struct str account_of(struct req *r, struct str email)
{
	struct str key = { 0 };

	return email_key(email, r->arena, &key) ? key : email;
}

static void name(struct req *r, struct str from, struct str account_from, struct str email,
		 struct guess *g)
{
	struct str account = account_of(r, email);

	*g = (struct guess){
		.pair = limit_key(r, "pair", from, account),
		.network = limit_key(r, "network", from, STR("")),
		.account = limit_key(r, "account", account_from, account),
	};
}

void limit_name(struct req *r, struct str email, struct guess *g)
{
	char text[NETWORK_TEXT];

	name(r, network_of(r->from.address, text), STR(""), email, g);
}

void limit_name_own(struct req *r, const char *what, struct uuid id, struct str email,
		    struct guess *g)
{
	char text[UUID_TEXT];
	struct str own = arena_printf(r->arena, "%s %s", what, uuid_format(id, text).p);

	name(r, own, own, email, g);
}

/* Tells the longer one of the two waits, with the limit that asks for it. */
static enum err refuse_longer(struct req *r, int64_t pair_us, int64_t network_us)
{
	const struct conf *c = r->app->conf;

	return pair_us >= network_us ? limit_refuse(r, pair_us, c->limits_free)
				     : limit_refuse(r, network_us, c->limits_network);
}

enum err limit_look(struct req *r, const struct guess *g)
{
	int64_t now = ticks_us();

	/* The request is run again, and others have been wrong meanwhile. */
	if (*counted(r) != NULL)
		return OK;

	int64_t pair = throttle_wait(r->app->throttle, g->pair, now);
	int64_t network = throttle_wait(r->app->throttle, g->network, now);

	return pair == 0 && network == 0 ? OK : refuse_longer(r, pair, network);
}

/*
 * As many guesses may ask the database at the same moment as it will let pass, and one more: then
 * it is the database that refuses, and says for how long.
 */
static enum err take_tokens(struct req *r, const struct guess *g)
{
	const struct conf *c = r->app->conf;
	struct throttle *t = r->app->throttle;
	int64_t now = ticks_us();
	int64_t wait = throttle_take(t, g->pair, now, c->limits_free + 1);

	if (wait > 0)
		return limit_refuse(r, wait, c->limits_free);
	wait = throttle_take(t, g->network, now, c->limits_network + 1);
	if (wait == 0)
		return OK;
	throttle_give(t, g->pair, now);
	return limit_refuse(r, wait, c->limits_network);
}

static void give_tokens(struct req *r, const struct guess *g)
{
	int64_t now = ticks_us();

	throttle_give(r->app->throttle, g->pair, now);
	throttle_give(r->app->throttle, g->network, now);
}

static void remember(struct req *r, const struct guess *g)
{
	int64_t now = ticks_us();

	throttle_block(r->app->throttle, g->pair, now, g->pair_tick);
	throttle_block(r->app->throttle, g->network, now, g->network_tick);
}

/* The database has let the guess pass, or has not. */
static enum err judge(struct req *r, const struct attempt_row *row, struct guess *g)
{
	int64_t most = r->app->conf->limits_account;

	g->failures = row->failures;
	g->reached = row->account_failures == most;
	g->guarded = row->account_failures > most;
	g->pair_until = row->pair_until;
	g->network_until = row->network_until;
	g->pair_tick = limit_tick(row->pair_until, row->asked_at);
	g->network_tick = limit_tick(row->network_until, row->asked_at);
	if (row->counted)
		return OK;
	give_tokens(r, g);
	remember(r, g);
	return refuse_longer(r, row->pair_until.us - row->asked_at.us,
			     row->network_until.us - row->asked_at.us);
}

/* A guess that no run has looked at was none. */
static void forgive(struct req *r, void *arg)
{
	const struct guess *g = *counted(r);

	(void)arg;
	if (g == NULL || g->wrong)
		return;
	(void)req_finish(r, limit_undo(r, g, ERR_BUSY));
}

enum err limit_count(struct req *r, bool proved, struct guess *g)
{
	const struct conf *c = r->app->conf;
	struct attempt_count row = { .pair = g->pair,
				     .network = g->network,
				     .account = g->account,
				     .free = (int32_t)c->limits_free,
				     .network_free = (int32_t)c->limits_network,
				     .longest_us = c->limits_delay,
				     .proved = proved };
	struct attempt_row out = { 0 };

	/* The guess was counted by an earlier run, whose transaction lost a race. */
	if (*counted(r) != NULL) {
		*g = **counted(r);
		return OK;
	}
	arena_reserve(r->arena, GUESS_ROOM);
	TRY(take_tokens(r, g));
	db_settle(r->db);

	enum err e = attempt_count(r->db, &row, &out);

	if (e != OK) {
		give_tokens(r, g);
		return e;
	}
	db_settle(r->db);
	TRY(judge(r, &out, g));
	*counted(r) = arena_new(r->arena, struct guess);
	**counted(r) = *g;
	req_when_beaten(r, forgive, NULL);
	return OK;
}

/* Ends the waits on this host for a guess that was right. */
static void publish(struct req *r, void *arg)
{
	const struct guess *g = arg;

	throttle_clear(r->app->throttle, g->pair);
	throttle_fill(r->app->throttle, g->pair);
	if (g->cleared)
		return;
	throttle_clear(r->app->throttle, g->network);
	throttle_give(r->app->throttle, g->network, ticks_us());
}

static enum err take_back(struct req *r, const struct guess *g)
{
	struct attempt_right row = { .pair = g->pair,
				     .network = g->network,
				     .account = g->account,
				     .network_until = g->network_until };

	return attempt_right(r->db, &row, NULL);
}

enum err limit_right(struct req *r, const struct guess *g)
{
	TRY(take_back(r, g));
	limit_was_right(r);
	return OK;
}

void limit_was_right(struct req *r)
{
	req_after(r, publish, *counted(r));
}

/* Notes for admins that an account was guessed at so often that it is guarded from now on. */
static enum err note_guarded(struct req *r, const struct guess *g, enum err e)
{
	struct audit_note note = { .action = AUDIT_ACCOUNT_GUARDED, .subject = g->user };

	TRY(db_begin(r->db));
	TRY(audit_note(r, &note));
	r->commit = true;
	return e;
}

enum err limit_wrong(struct req *r, const struct guess *g, enum err e)
{
	int64_t until = g->pair_tick > g->network_tick ? g->pair_tick : g->network_tick;

	(*counted(r))->wrong = true;
	remember(r, g);
	limit_tell(r, r->app->conf->limits_free, g->failures, until - ticks_us());
	return g->reached ? note_guarded(r, g, e) : e;
}

enum err limit_undo(struct req *r, const struct guess *g, enum err e)
{
	struct attempt_undo row = { .pair = g->pair,
				    .network = g->network,
				    .account = g->account,
				    .pair_until = g->pair_until,
				    .network_until = g->network_until };

	/* The task has been ended, and can wait for nothing any more. */
	if (e == ERR_CANCELLED || e == ERR_DEADLINE)
		return e;
	give_tokens(r, g);
	*counted(r) = NULL;
	if (db_begin(r->db) == OK && attempt_undo(r->db, &row, NULL) == OK)
		r->commit = true;
	return e;
}

/* g: of limit_name, with its user. */
static enum err check_password(struct req *r, struct guess g, struct secret password,
			       struct secret hash)
{
	struct secret *right = req_once(r, "password", sizeof *right);
	bool fits = false;

	/* The guess was counted and taken back already, and the password is still that one. */
	if (right->p != NULL && password_same_hash(*right, hash))
		return OK;
	if (keeper_full(r->app->keeper))
		return ERR_BUSY;

	struct user_id user = g.user;

	TRY(limit_look(r, &g));
	TRY(limit_count(r, false, &g));
	g.user = user;

	enum err e = password_fits(r, password, hash, &fits);

	if (e != OK)
		return limit_undo(r, &g, e);
	if (g.guarded)
		return limit_wrong(r, &g, ERR_PROOF_NEEDED);
	if (!fits)
		return limit_wrong(r, &g, ERR_PASSWORD_WRONG);
	TRY(take_back(r, &g));
	db_settle(r->db);
	publish(r, *counted(r));
	*counted(r) = NULL;
	*right = hash;
	return OK;
}

enum err limit_password(struct req *r, struct str email, struct secret password, struct secret hash)
{
	struct guess g = { 0 };

	limit_name_own(r, "session", r->who.session.uuid, email, &g);
	g.user = r->who.user;
	return check_password(r, g, password, hash);
}

enum err limit_password_of(struct req *r, struct user_id user, struct str email,
			   struct secret password, struct secret hash)
{
	struct guess g = { 0 };

	limit_name(r, email, &g);
	g.user = user;
	return check_password(r, g, password, hash);
}

enum err limit_clear(struct req *r, struct str email)
{
	struct attempt_clear row = { 0 };
	struct guess *g = arena_new(r->arena, struct guess);

	limit_name(r, email, g);
	g->cleared = true;
	row.pair = g->pair;
	row.account = g->account;
	TRY(attempt_clear(r->db, &row, NULL));
	req_after(r, publish, g);
	return OK;
}
