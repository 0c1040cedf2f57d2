/* SPDX-License-Identifier: MIT */
/* What may happen next to db_actors.h's requests and their connections, and what must hold then. */
#pragma once

#include "db_actors.h"

enum { TURNS_MAX = 300 };

enum step { COMES, LEAVES, WAITED, ANSWER, FAILS, BREAKS, CONNECTS, RESTS, GIVEN_UP, TURN };

enum { FAILURES = 4 };

/* Whether connections also break, come, and go. */
static bool stormy;

struct move {
	uint8_t step, who; /* request, or connection; of FAILS the failure too */
};

/* Room for each `who` of a step. */
enum { WHO_MAX = LINKS * FAILURES };

/* --- what may happen next -------------------------------------------------------------------- */

/*
 * The failures that mean something of their own: to a write, that the database is out of it, that
 * this statement is, and that the connection is; to a read also that its table is locked.
 */
static const char *failure_of(const struct link *l, size_t which)
{
	static const char *const of_write[FAILURES] = { "53100", "22000", "26000", NULL };
	static const char *const of_read[FAILURES] = { "57P01", "22000", "26000", "55P03" };
	size_t at = 0;

	while (at < l->sent_count && strchr("blo", l->pg->queue[at].kind) != NULL)
		at++;

	char kind = at == l->sent_count ? 0 : l->pg->queue[at].kind;

	if (kind == 'r' || kind == 'g')
		return of_read[which];
	if (kind == '.')
		return server_commits(l->pg) ? of_write[which] : NULL;
	return kind != 0 && strchr("wsc", kind) != NULL ? of_write[which] : NULL;
}

static struct timer *wait_of(const struct actor *a)
{
	return a->come && !a->gone && task_waits(a->task) ? timer_of(a->task) : NULL;
}

static bool possible(struct move m)
{
	const struct actor *a = &actors[m.who % WORLD_PEOPLE];
	const struct link *l = link_of(m.step == FAILS ? m.who / FAILURES : m.who % LINKS);

	/* Without a storm the second lane still has to be opened. */
	if (!stormy && (m.step == BREAKS || m.step == RESTS || m.step == GIVEN_UP))
		return false;
	switch ((enum step)m.step) {
	case COMES:
		return m.who < actor_count && !a->come && (m.who == 0 || a[-1].come);
	case LEAVES:
		return m.who < actor_count && a->come && !a->gone && !a->ended;
	case WAITED:
		return m.who < actor_count && wait_of(a) != NULL;
	case ANSWER:
		return m.who < LINKS && l->state == LINK_UP && l->sent_count > 0;
	case FAILS:
		return l->state == LINK_UP && failure_of(l, m.who % FAILURES) != NULL;
	case BREAKS:
		return m.who < LINKS && l->state != LINK_DOWN;
	case CONNECTS:
		return m.who < LINKS && can_connect(l);
	case RESTS:
		return m.who < LANES && pool->lanes[m.who].idle.slot != 0;
	case GIVEN_UP:
		return m.who == 0 && pool->grace.slot != 0;
	default:
		return m.who == 0;
	}
}

static void take(struct move m)
{
	struct actor *a = &actors[m.who % WORLD_PEOPLE];
	struct link *l = link_of(m.step == FAILS ? m.who / FAILURES : m.who % LINKS);

	switch ((enum step)m.step) {
	case COMES:
		a->come = true;
		assert_true(task_start(body, a));
		return;
	case LEAVES:
		a->ended = true;
		return task_end(a->task, m.who % 2 == 0 ? ERR_CANCELLED : ERR_DEADLINE);
	case WAITED:
		return timer_strike(wait_of(a));
	case ANSWER:
		return answer(l, NULL);
	case FAILS:
		return answer(l, failure_of(l, m.who % FAILURES));
	case BREAKS:
		return link_reset(l, NULL);
	case CONNECTS:
		return connects(l);
	case RESTS:
		return timer_strike(&pool->lanes[m.who].idle);
	case GIVEN_UP:
		pool->gone = INT64_MIN / 2; /* it has been away for long */
		return timer_strike(&pool->grace);
	default:
		return turn();
	}
}

/* --- what must hold -------------------------------------------------------------------------- */

static void check_lane(const struct lane *l)
{
	bool held = l->state == LANE_HELD;

	assert_true(held == (l->holder != NULL));
	assert_true(!l->shared || l->holder == &pool->turn);
	assert_true(l->job == NULL || held);
	assert_true(held || !l->shared);
	if (l->state == LANE_IDLE) {
		assert_int_equal(l->link.state, LINK_UP);
		assert_false(link_in_transaction(&l->link));
	}
	for (const struct lane *other = pool->lanes; held && other < l; other++)
		assert_true(other->holder != l->holder || l->holder == &pool->turn);
}

static void check_actor(const struct actor *a)
{
	uint8_t due = writes_of(a->kind), done = world.committed[a->number];

	/* Nothing by halves, nothing that was not to be, and no word that is not true. */
	assert_true(done == 0 || done == due);
	if (a->gone && a->told == OK && a->kind != 'x')
		assert_int_equal(done, due);
	if (a->gone && a->told == OK && strchr("rg", a->kind) != NULL)
		assert_memory_equal(&a->told_id, &a->id, sizeof a->id);
	if (a->gone && a->told == OK && due > 0)
		assert_int_equal(a->told_n, a->number + 1);
	assert_true(a->db == NULL || a->db->lane == NULL || a->db->lane->holder == a->db);
}

static void check(void)
{
	/* PostgreSQL was told to begin in a transaction, or to end none. */
	assert_int_equal(world.warnings, 0);
	assert_int_equal(world.late, 0);
	for (size_t i = 0; i < LANES; i++)
		check_lane(&pool->lanes[i]);
	for (size_t i = 0; i < actor_count; i++)
		check_actor(&actors[i]);
	assert_true(lane_idle(pool) == NULL || pool->waiters == NULL);
}

/* Whoever waits, waits for something that comes: a lane that is in use, or is being opened. */
static void check_rested(void)
{
	bool comes = false;

	for (size_t i = 0; i < LANES; i++)
		comes |= pool->lanes[i].state > LANE_IDLE || can_connect(&pool->lanes[i].link);
	assert_true(comes || pool->waiters == NULL);
	assert_true(pool->sharers == NULL || pool->turn_queued || pool->sharing == LANES);
	assert_true(pool->first == NULL || pool->read.state != LINK_UP);
}

static void check_over(void)
{
	assert_null(pool->waiters);
	assert_null(pool->sharers);
	assert_null(pool->first);
	assert_int_equal(pool->pending, 0);
	assert_int_equal(pool->sharing, 0);
	for (size_t i = 0; i < LANES; i++)
		assert_true(pool->lanes[i].state <= LANE_IDLE);
	for (size_t i = 0; i < pool->blocked_count; i++)
		assert_true(pool->blocked[i].stuck == NULL && !pool->blocked[i].tried);
}

/* Lets all go well from here: no wait may have to end by its timer. */
static void wind_up(void)
{
	size_t left = 1;

	for (size_t n = 0; left > 0 && n < TURNS_MAX; n++) {
		left = 0;
		turn();
		check();
		check_rested();
		for (size_t i = 0; i < LINKS; i++) {
			struct link *l = link_of(i);

			if (can_connect(l))
				connects(l);
			if (l->state == LINK_UP && l->sent_count > 0)
				answer(l, NULL);
			left += l->sent_count;
		}
		for (size_t i = 0; i < actor_count; i++)
			left += actors[i].come && !actors[i].gone;
	}
	assert_int_equal(left, 0);
	check();
	check_over();
}
