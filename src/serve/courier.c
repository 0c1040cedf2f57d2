/* SPDX-License-Identifier: MIT */
/*
 * A courier: sends the mails of the outbox, and sweeps rows that have run out. It takes one mail at
 * a time, for as long as one delivery may last, and has a few under way at once: a mail that stalls
 * or fails does not hold up others, and if the courier dies another one sends the mails that it had
 * in hand.
 *
 * There are two kinds of failure. A failure of one mail (its recipient is refused, or asked to
 * wait) ends that mail, or puts it off, longer each time. When the server takes nothing at all, the
 * mails are not to blame: they stay due, and the courier waits a little before it asks again.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "core/sweep.h"
#include "gen/outbox.h"
#include "serve/delivery.h"
#include "serve/process.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	HANDS = 4, /* mails under way at once */
	PULSE_US = 250000,
	POLL_US = 1000000, /* between two looks at an empty outbox */
	/* Work beside the delivery: taking the mail, making its link, noting its outcome. */
	BESIDE_US = 10000000,
	/* The lease begins after the deadline is set; this much surely lies between their ends. */
	SPARE_US = 5000000,
	AGAIN_FIRST_US = 5000000,
	AWAY_FIRST_US = 1000000,
	AWAY_MAX_US = 30000000,
	NOTE_AGAIN_US = 200000,
	DRAIN_US = 5000000,
	DRAIN_LOOK_US = 20000,
	MEMORY = 4 * 1024 * 1024,
	QUEUE = 64
};

static const int64_t AGAIN_MAX_US = 3600000000;

struct courier;

/* A mail under way, or room for one. */
struct hand {
	struct courier *courier;
	struct arena *arena; /* wiped after each mail: it holds its link and code */
	struct arena *notes; /* of one statement */
	bool busy;
};

struct courier {
	const struct courier_setup *setup;
	struct pool *pool;
	struct delivery delivery; /* its post is NULL where mail.url is not set */
	struct sweep *sweep;
	struct hand hands[HANDS];
	struct watch signals;
	struct timer pulse, turn, drained;
	bool taking;	    /* one hand at a time asks for a mail */
	size_t noting;	    /* hands whose mail is sent, and that cannot note it */
	int64_t away_until; /* tick; the server takes nothing before */
	int64_t away_us;    /* length of the next wait; 0: the server is not away */
	int64_t drain_until;
};

static int64_t jittered(int64_t us)
{
	return us - us / 5 + random_below(us / 5 * 2 + 1);
}

/* --- what became of a mail --- */

/* 5 s, 10 s, ... with a fifth more or less, at most an hour. */
static int64_t again_us(int32_t attempts)
{
	int64_t wait = AGAIN_FIRST_US;

	for (int32_t i = 1; i < attempts && wait < AGAIN_MAX_US; i++)
		wait *= 2;
	return jittered(wait < AGAIN_MAX_US ? wait : AGAIN_MAX_US);
}

static void server_away(struct courier *c, struct str why)
{
	int64_t now = ticks_us();

	if (now < c->away_until)
		return;
	if (c->away_us == 0)
		log_warn("courier", "mails cannot be sent: %s; trying again", why.p);
	else
		log_debug("courier", "mails still cannot be sent: %s", why.p);
	c->away_us = c->away_us == 0 ? AWAY_FIRST_US : c->away_us * 2;
	if (c->away_us > AWAY_MAX_US)
		c->away_us = AWAY_MAX_US;
	c->away_until = now + jittered(c->away_us);
}

static void server_there(struct courier *c)
{
	if (c->away_us > 0)
		log_info("courier", "mails are sent again");
	c->away_us = c->away_until = 0;
}

static enum err finish(struct hand *h, const struct letter_row *row, enum mail_state state,
		       struct str reply)
{
	struct outbox_finish in = { .id = row->id, .state = state, .reply = reply };

	/* The statement may have to be repeated many times. */
	arena_reset(h->notes);
	return outbox_finish(db_open(h->courier->pool, h->notes), &in, NULL);
}

static enum err put_back(struct hand *h, const struct letter_row *row, int32_t attempts,
			 int64_t wait_us, struct str reply)
{
	struct outbox_later in = {
		.id = row->id, .attempts = attempts, .wait_us = wait_us, .reply = reply
	};

	return outbox_later(db_open(h->courier->pool, h->arena), &in, NULL);
}

/*
 * A mail that was sent must not be sent again, so the note is repeated until it is taken, and no
 * hand takes another mail meanwhile: when the database comes back, the note is there before the
 * next question.
 */
static enum err note_sent(struct hand *h, const struct letter_row *row, struct str reply)
{
	struct courier *c = h->courier;

	task_deadline(task_self(), 0);

	enum err e = finish(h, row, MAIL_STATE_SENT, reply);

	c->noting++;
	while (e != OK && task_sleep_us(NOTE_AGAIN_US) == OK)
		e = finish(h, row, MAIL_STATE_SENT, reply);
	c->noting--;
	return e;
}

static enum err note(struct hand *h, const struct letter_row *row, const struct post_outcome *o)
{
	struct courier *c = h->courier;
	char id[UUID_TEXT];

	uuid_format(row->id.uuid, id);
	switch (o->result) {
	case POST_SENT:
		server_there(c);
		TRY(note_sent(h, row, o->reply));
		log_info("courier", "mail %s (%s) is sent", id, mail_kind_word(row->template).p);
		return OK;
	case POST_REFUSED:
		log_warn("courier", "mail %s (%s) is refused (%d); postern mail list has more", id,
			 mail_kind_word(row->template).p, o->code);
		return finish(h, row, MAIL_STATE_DEAD, o->reply);
	case POST_VOID:
		log_debug("courier", "mail %s (%s): %s", id, mail_kind_word(row->template).p,
			  o->reply.p);
		return finish(h, row, MAIL_STATE_VOID, o->reply);
	case POST_LATER:
		log_info("courier", "mail %s (%s) did not go through (%d), try %d", id,
			 mail_kind_word(row->template).p, o->code, row->attempts);
		return put_back(h, row, row->attempts, again_us(row->attempts), o->reply);
	case POST_AWAY:
		break;
	}
	if (c->drain_until != 0)
		return put_back(h, row, row->attempts - 1, 0, o->reply);
	server_away(c, o->reply);
	return put_back(h, row, row->attempts - 1, c->away_until - ticks_us(), o->reply);
}

/* --- turns --- */

static int64_t lease_us(const struct courier *c)
{
	return c->setup->conf->mail_timeout + BESIDE_US + SPARE_US;
}

static enum err take(struct hand *h, struct letter_row *row)
{
	struct courier *c = h->courier;
	struct outbox_claim in = { .lease_us = lease_us(c) };
	enum err e = outbox_claim(db_open(c->pool, h->arena), &in, row);

	if (e == ERR_NO_ROW)
		outbox_expire(db_open(c->pool, h->arena), NULL);
	return e;
}

/* Asks for a mail; where there is one, another hand asks for the next while this one sends it. */
static void work(void *arg)
{
	struct hand *h = arg;
	struct courier *c = h->courier;
	struct letter_row row = { 0 };
	struct post_outcome outcome = { 0 };

	/* The deadline is before the lease runs out: later the mail is no longer this courier's. */
	task_deadline(task_self(), ticks_us() + lease_us(c) - SPARE_US);

	enum err e = take(h, &row);

	c->taking = false;
	timer_set(&c->turn, ticks_us() + (e == OK ? 0 : jittered(POLL_US)));
	if (e == OK) {
		e = deliver(&c->delivery, &row, h->arena, &outcome);
		if (e == OK)
			e = note(h, &row, &outcome);
		/* No mail is lost: it is taken in hand again when the lease runs out. */
		if (e != OK)
			log_warn("courier", "a mail was left half done: %s", err_row(e)->title);
	}
	arena_reset(h->arena);
	arena_reset(h->notes);
	h->busy = false;
	if (c->turn.slot == 0)
		timer_set(&c->turn, ticks_us());
}

static struct hand *free_hand(struct courier *c)
{
	for (size_t i = 0; i < HANDS; i++)
		if (!c->hands[i].busy)
			return &c->hands[i];
	return NULL;
}

static void on_turn(struct timer *t)
{
	struct courier *c = OWNER_OF(t, struct courier, turn);
	struct hand *h = free_hand(c);
	int64_t now = ticks_us();

	if (c->drain_until != 0 || c->taking || h == NULL)
		return;
	if (c->noting > 0 || now < c->away_until) {
		timer_set(t, now < c->away_until ? c->away_until : now + NOTE_AGAIN_US);
		return;
	}
	c->taking = h->busy = true;
	if (task_start(work, h))
		return;
	c->taking = h->busy = false;
	timer_set(t, now + POLL_US);
}

/* --- the process --- */

static size_t busy_hands(const struct courier *c)
{
	size_t n = 0;

	for (size_t i = 0; i < HANDS; i++)
		n += c->hands[i].busy;
	return n;
}

static void on_drained(struct timer *t)
{
	struct courier *c = OWNER_OF(t, struct courier, drained);
	int64_t now = ticks_us();

	if ((sweep_stop(c->sweep) && busy_hands(c) == 0) || now >= c->drain_until)
		loop_stop();
	else
		timer_set(t, now + DRAIN_LOOK_US);
}

/* Mails that the server is about to take are waited for; others can be sent by another courier. */
static void drain(struct courier *c)
{
	if (c->drain_until != 0)
		return;
	c->drain_until = ticks_us() + DRAIN_US;
	timer_clear(&c->turn);
	c->delivery.hurry = true;
	if (c->delivery.post != NULL)
		post_hurry(c->delivery.post);
	on_drained(&c->drained);
}

static void on_signal(struct watch *watch, uint32_t events)
{
	struct courier *c = OWNER_OF(watch, struct courier, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo == SIGTERM)
			drain(c);
}

static void on_pulse(struct timer *t)
{
	struct courier *c = OWNER_OF(t, struct courier, pulse);

	atomic_store(&c->setup->pulse->beat, ticks_us());
	timer_set(t, ticks_us() + PULSE_US);
}

static bool make_hands(struct courier *c)
{
	for (size_t i = 0; i < HANDS; i++) {
		c->hands[i] = (struct hand){ .courier = c,
					     .arena = arena_make(MEMORY, NULL, NULL),
					     .notes = arena_make(MEMORY, NULL, NULL) };
		if (c->hands[i].arena == NULL || c->hands[i].notes == NULL)
			return false;
	}
	return true;
}

static bool make(struct courier *c)
{
	const struct courier_setup *s = c->setup;
	const struct conf *conf = s->conf;
	struct pool_options pool = process_pool(conf, CONF_COURIER_LANES, 1);
	struct keeper_options keeper = {
		.jobs = { s->jobs[KEEPER_SLOW], s->jobs[KEEPER_QUICK] },
		.answers = s->answers,
		.board = s->board,
		.worker = s->row,
		.keepers = s->keepers,
		.queue = QUEUE,
		.quick_queue = QUEUE,
		.apart = true,
	};

	c->pool = pool_make(&pool);
	c->delivery = (struct delivery){ .conf = conf,
					 .templates = s->templates,
					 .keeper = keeper_make(&keeper) };
	c->sweep = c->pool == NULL ? NULL : sweep_make(c->pool, conf, c->delivery.keeper);
	if (conf->mail_url.n > 0 && (c->delivery.post = post_make(conf)) == NULL)
		return false;
	return make_hands(c) && c->sweep != NULL && c->delivery.keeper != NULL;
}

static void release(struct courier *c)
{
	post_free(c->delivery.post);
	sweep_free(c->sweep);
	keeper_free(c->delivery.keeper);
	pool_free(c->pool);
	for (size_t i = 0; i < HANDS; i++) {
		arena_free(c->hands[i].arena);
		arena_free(c->hands[i].notes);
	}
	loop_close();
}

int courier_run(const struct courier_setup *s)
{
	struct courier c = { .setup = s,
			     .signals = { .fd = -1, .ready = on_signal },
			     .pulse.fire = on_pulse,
			     .turn.fire = on_turn,
			     .drained.fire = on_drained };
	int signals = process_signals();

	if (signals < 0 || loop_open() != OK || loop_watch(&c.signals, signals, EPOLLIN) != OK ||
	    !make(&c)) {
		log_error("courier", "cannot start: out of memory or descriptors");
		log_flush();
		return EX_OSERR;
	}
	on_pulse(&c.pulse);
	if (c.delivery.post != NULL)
		timer_set(&c.turn, ticks_us());
	atomic_store(&s->pulse->ready, true);
	log_debug("courier", "courier %zu works", s->number);
	loop_run();
	log_flush();
	if (busy_hands(&c) == 0 && sweep_stop(c.sweep))
		release(&c);
	else /* memory of the hands goes with the process */
		log_warn("courier", "%zu mails were left under way", busy_hands(&c));
	close(signals);
	return EX_OK;
}
