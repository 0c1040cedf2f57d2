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

/* Whether a Sync would commit something. */
static bool server_commits(const PGconn *c)
{
	static const uint8_t nothing[WORLD_PEOPLE];

	return !c->skips && c->block == PQTRANS_IDLE &&
	       memcmp(c->open, nothing, sizeof nothing) != 0;
}

/* The timer that a task has set before it went to sleep, or NULL. */
static struct timer *timer_of(const struct task *t)
{
	for (size_t i = 0; i < set.n; i++)
		if (set.setters[i] == t)
			return set.timers[i];
	return NULL;
}

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

	while (at < l->pipeline.count && strchr("blo", l->pipeline.pg->queue[at].kind) != NULL)
		at++;

	const struct question *q = &l->pipeline.pg->queue[at];
	char kind = at == l->pipeline.count ? 0 : q->kind == 'p' ? q->what : q->kind;

	if (kind == 'r' || kind == 'g')
		return of_read[which];
	if (kind == '.')
		return server_commits(l->pipeline.pg) ? of_write[which] : NULL;
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
		return m.who < LINKS && l->state == LINK_UP && l->pipeline.count > 0;
	case FAILS:
		return l->state == LINK_UP && failure_of(l, m.who % FAILURES) != NULL;
	case BREAKS:
		return m.who < LINKS && l->state != LINK_DOWN;
	case CONNECTS:
		return m.who < LINKS && can_connect(l);
	case RESTS:
		return m.who < LANES && pool->lanes.v[m.who].idle.slot != 0;
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
		return timer_strike(&pool->lanes.v[m.who].idle);
	case GIVEN_UP:
		pool->gone = INT64_MIN / 2; /* it has been away for long */
		return timer_strike(&pool->grace);
	default:
		return turn();
	}
}

/* --- who waits for what ---------------------------------------------------------------------- */

static void see(const struct job *first)
{
	for (const struct job *j = first; j != NULL; j = job_next(j, first))
		if (actor_of(j->task) < actor_count)
			actors[actor_of(j->task)].job = j;
}

/* Once it was answered, a job is seen by its task alone; so it is remembered until that goes on. */
static void see_jobs(void)
{
	for (size_t i = 0; i < actor_count; i++)
		if (!actors[i].come || actors[i].gone || task_waits(actors[i].task))
			actors[i].job = NULL;
	for (size_t i = 0; i < LINKS; i++) {
		const struct pipeline *p = &link_of(i)->pipeline;

		for (size_t n = 0; n < p->count; n++)
			see(p->ring[(p->first + n) % p->room].job);
	}
	for (const struct job *j = pool->reads.first; j != NULL; j = j->next)
		see(j);
	for (const struct sharer *s = pool->share.sharers; s != NULL; s = s->next)
		see(s->job);
}

/* --- what must hold -------------------------------------------------------------------------- */

static void check_lane(const struct lane *l)
{
	bool held = l->state == LANE_HELD;

	assert_true(held == (l->holder != NULL));
	assert_true(l->use != &pool->share.use || l->holder == &pool->share.turn);
	assert_true(l->job == NULL || l->use != NULL);
	assert_true(l->use == NULL || held);
	if (l->state == LANE_IDLE) {
		assert_int_equal(l->link.state, LINK_UP);
		assert_false(link_in_transaction(&l->link));
	}
	for (const struct lane *other = pool->lanes.v; held && other < l; other++)
		assert_true(other->holder != l->holder || l->holder == &pool->share.turn);
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
	assert_int_equal(world.unknown, 0);
	assert_int_equal(world.twice, 0);
	for (size_t i = 0; i < LANES; i++)
		check_lane(&pool->lanes.v[i]);
	for (size_t i = 0; i < actor_count; i++)
		check_actor(&actors[i]);
	assert_true(lanes_idle(&pool->lanes) == NULL || pool->lanes.waiters == NULL);
	see_jobs();
}

/* Whoever waits, waits for something that comes: a lane that is in use, or is being opened. */
static void check_rested(void)
{
	bool comes = false;

	for (size_t i = 0; i < LANES; i++)
		comes |= pool->lanes.v[i].state > LANE_IDLE || can_connect(&pool->lanes.v[i].link);
	assert_true(comes || pool->lanes.waiters == NULL);
	assert_true(pool->share.sharers == NULL || pool->share.turn_queued ||
		    pool->share.sharing == LANES);
	assert_true(pool->reads.first == NULL || pool->reads.link.state != LINK_UP);
}

static void check_over(void)
{
	assert_null(pool->lanes.waiters);
	assert_null(pool->share.sharers);
	assert_null(pool->reads.first);
	assert_int_equal(pool->reads.pending, 0);
	assert_int_equal(pool->share.sharing, 0);
	for (size_t i = 0; i < LANES; i++)
		assert_true(pool->lanes.v[i].state <= LANE_IDLE);
	for (size_t i = 0; i < pool->blocked.n; i++)
		assert_true(pool->blocked.v[i].stuck == NULL && !pool->blocked.v[i].tried);
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
			if (l->state == LINK_UP && l->pipeline.count > 0)
				answer(l, NULL);
			left += l->pipeline.count;
		}
		for (size_t i = 0; i < actor_count; i++)
			left += actors[i].come && !actors[i].gone;
	}
	assert_int_equal(left, 0);
	check();
	check_over();
}
