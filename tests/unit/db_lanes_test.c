/* SPDX-License-Identifier: MIT */
/*
 * The write lanes, by enumeration: up to four requests, two lanes, and every order in which
 * requests come, answers come or are failures, connections break, clients leave, and waits end.
 * States that are alike are looked at once. What must hold is asserted after each step; and from
 * each state all is then let go well, so that nothing may be left over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#ifdef POSTERN_SAN
#include <sanitizer/common_interface_defs.h>
#endif

#include "db_actors.h"

enum { DEPTH_MAX = 24, STATES_MAX = 1 << 16, TURNS_MAX = 200 };

#ifdef POSTERN_SAN
enum { STATES_LOOKED_AT = 500 };
#else
enum { STATES_LOOKED_AT = 4000 };
#endif

enum step { COMES, LEAVES, WAITED, ANSWER, FAILURE, BREAKS, CONNECTS, TURN };

struct move {
	enum step step;
	size_t who; /* request or lane */
};

/* --- what may happen next -------------------------------------------------------------------- */

static struct timer *wait_of(const struct actor *a)
{
	for (struct waiter *w = pool->waiters; w != NULL; w = w->next)
		if (w->task == a->task && w != &pool->turn)
			return &w->timer;
	for (struct sharer *s = pool->sharers; s != NULL; s = s->next)
		if (s->job->task == a->task)
			return &s->timer;
	return NULL;
}

static bool can_connect(const struct link *l)
{
	return l->state == LINK_CONNECTING || (l->state == LINK_DOWN && l->timer.slot != 0);
}

static bool can_fail(const struct link *l)
{
	return l->sent_count > 0 && strchr("0123cs", l->pg->queue[0]) != NULL;
}

static bool possible(struct move m)
{
	const struct actor *a = &actors[m.who];
	const struct link *l = m.step < ANSWER || m.step == TURN ? NULL : &pool->lanes[m.who].link;

	switch (m.step) {
	case COMES:
		return !a->come && (m.who == 0 || actors[m.who - 1].come);
	case LEAVES:
		return a->come && !a->gone && !a->ended;
	case WAITED:
		return a->come && !a->gone && wait_of(a) != NULL && wait_of(a)->slot != 0;
	case ANSWER:
		return l->state == LINK_UP && l->sent_count > 0;
	case FAILURE:
		return l->state == LINK_UP && can_fail(l);
	case BREAKS:
		return l->state == LINK_UP && l->sent_count > 0;
	case CONNECTS:
		return can_connect(l);
	default:
		return m.who == 0;
	}
}

static void take(struct move m)
{
	struct actor *a = &actors[m.who];
	struct timer *t = NULL;

	switch (m.step) {
	case COMES:
		a->come = true;
		assert_true(task_start(body, a));
		return;
	case LEAVES:
		a->ended = true;
		return task_end(a->task, ERR_CANCELLED);
	case WAITED:
		t = wait_of(a);
		timer_clear(t);
		return t->fire(t);
	case ANSWER:
	case FAILURE:
		return answer(&pool->lanes[m.who].link, m.step == FAILURE);
	case BREAKS:
		return link_reset(&pool->lanes[m.who].link, NULL);
	case CONNECTS:
		return connects(&pool->lanes[m.who].link);
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

static void check(void)
{
	bool idle = lane_idle(pool) != NULL;

	assert_int_equal(world.warnings, 0);
	for (size_t i = 0; i < LANES; i++)
		check_lane(&pool->lanes[i]);
	for (size_t i = 0; i < actor_count; i++) {
		const struct actor *a = &actors[i];

		assert_true(!a->gone || a->told != OK || world.committed[i]);
		assert_true(a->db == NULL || a->db->lane == NULL || a->db->lane->holder == a->db);
	}
	assert_true(!idle || pool->waiters == NULL);
}

/* Whoever waits, waits for something that comes: a lane that is in use, or is being opened. */
static void check_rested(void)
{
	bool comes = false;

	for (size_t i = 0; i < LANES; i++)
		comes |= pool->lanes[i].state > LANE_IDLE || can_connect(&pool->lanes[i].link);
	assert_true(comes || pool->waiters == NULL);
	assert_true(pool->sharers == NULL || pool->turn_queued || pool->sharing == LANES);
}

/* Lets all go well from here. */
static void wind_up(void)
{
	size_t left = 1;

	for (size_t n = 0; left > 0 && n < TURNS_MAX; n++) {
		left = 0;
		turn();
		check();
		check_rested();
		for (size_t i = 0; i < LANES; i++) {
			struct link *l = &pool->lanes[i].link;

			if (can_connect(l))
				connects(l);
			if (l->state == LINK_UP && l->sent_count > 0)
				answer(l, false);
			left += l->sent_count;
		}
		for (size_t i = 0; i < actor_count; i++)
			left += actors[i].come && !actors[i].gone;
	}
	assert_int_equal(left, 0);
	check();
	assert_null(pool->waiters);
	assert_null(pool->sharers);
	assert_int_equal(pool->sharing, 0);
	for (size_t i = 0; i < LANES; i++)
		assert_true(pool->lanes[i].state <= LANE_IDLE);
}

/* --- which states there are ------------------------------------------------------------------ */

struct path {
	uint8_t n;
	struct move moves[DEPTH_MAX];
};

static uint64_t seen[STATES_MAX * 2];
static struct path paths[STATES_MAX];

static uint64_t mix(uint64_t h, uint64_t x)
{
	return (h ^ x) * 0x100000001b3 ^ (h >> 29);
}

static size_t actor_of(const struct task *t)
{
	size_t i = 0;

	while (i < actor_count && (actors[i].gone || actors[i].task != t))
		i++;
	return i;
}

static uint64_t mix_lane(uint64_t h, const struct lane *l)
{
	const struct link *k = &l->link;

	h = mix(h, (uint64_t)l->state << 4 | (uint64_t)k->state << 1 | (k->timer.slot != 0));
	h = mix(h, (uint64_t)l->failed << 8 | l->unproved << 1 | l->shared);
	h = mix(h,
		(uint64_t)((l->holder != NULL) | l->broken << 1 | l->stale << 2 | k->wanted << 3));
	h = mix(h, l->job == NULL ? 9 : actor_of(l->job->task));
	for (const struct sharer *s = l->sharers; s != NULL; s = s->next)
		h = mix(h, 16 + actor_of(s->job->task));
	if (k->pg == NULL)
		return h;
	h = mix(h, (uint64_t)k->pg->block << 1 | k->pg->skips);
	for (size_t i = 0; i < k->pg->queued; i++) {
		const struct sent_entry *e = &k->sent[(k->sent_first + i) % k->sent_room];

		h = mix(h, (uint64_t)k->pg->queue[i] << 1 | (e->job != NULL));
	}
	for (size_t i = 0; i < WORLD_WRITERS; i++)
		h = mix(h, k->pg->open[i]);
	return h;
}

static uint64_t state_hash(void)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < actor_count; i++) {
		const struct actor *a = &actors[i];
		bool alive = a->come && !a->gone;

		h = mix(h,
			(uint64_t)(a->come | a->gone << 1 | a->ended << 2 |
				   world.committed[i] << 3 | (alive && task_waits(a->task)) << 4));
		h = mix(h, a->gone ? (uint64_t)a->told : a->db == NULL ? 99 : 100U + a->db->begin);
		h = mix(h, a->db == NULL || a->db->lane == NULL
				   ? 9
				   : (size_t)(a->db->lane - pool->lanes));
	}
	for (const struct waiter *w = pool->waiters; w != NULL; w = w->next)
		h = mix(h, w == &pool->turn ? 50 : 32 + actor_of(w->task));
	for (const struct sharer *s = pool->sharers; s != NULL; s = s->next)
		h = mix(h, 64 + actor_of(s->job->task));
	for (size_t i = 0; i < LANES; i++)
		h = mix_lane(h, &pool->lanes[i]);
	return h | 1;
}

static bool is_new(uint64_t h)
{
	size_t at = h % (STATES_MAX * 2);

	while (seen[at] != 0 && seen[at] != h)
		at = (at + 1) % (STATES_MAX * 2);
	if (seen[at] == h)
		return false;
	seen[at] = h;
	return true;
}

/* Goes a path; true when it leads to a state that was not seen before. */
static bool go(const char *kinds, const struct path *p, bool (*can)[WORLD_WRITERS])
{
	bool fresh = false;

	world_make(kinds);
	for (size_t i = 0; i < p->n; i++) {
		take(p->moves[i]);
		check();
	}
	fresh = is_new(state_hash());
	for (enum step step = 0; fresh && step <= TURN; step++)
		for (size_t who = 0; who < WORLD_WRITERS; who++)
			can[step][who] = who < (step < ANSWER ? actor_count : (size_t)LANES) &&
					 possible((struct move){ step, who });
	wind_up();
	world_free();
	return fresh;
}

/* Breadth first; returns how many states were looked at. */
static size_t explore(const char *kinds)
{
	size_t first = 0, last = 1, states = 0;

	memset(seen, 0, sizeof seen);
	paths[0].n = 0;
	while (first < last && states < STATES_LOOKED_AT) {
		bool can[TURN + 1][WORLD_WRITERS];
		struct path p = paths[first++];

		if (!go(kinds, &p, can))
			continue;
		states++;
		for (enum step step = 0; p.n < DEPTH_MAX && step <= TURN; step++)
			for (size_t who = 0; who < WORLD_WRITERS; who++) {
				if (!can[step][who] || last == STATES_MAX)
					continue;
				p.moves[p.n] = (struct move){ step, who };
				paths[last] = p;
				paths[last++].n++;
			}
	}
	return states;
}

static void test_no_order_confuses_the_lanes(void **state)
{
	static const char *const mixes[] = { "t",   "s",   "a",	  "tt",	  "ss",	  "st",	  "sss",
					     "ttt", "sst", "tts", "tttt", "ssss", "ttss", "asts" };

	(void)state;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
		size_t states = explore(mixes[i]);

		assert_true(states > 20);
	}
}

static int loud = -1;

/* Each failure is logged, a hundred thousand times. */
static int mute(void **state)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	loud = fcntl(2, F_DUPFD_CLOEXEC, 3);
#ifdef POSTERN_SAN
	__sanitizer_set_report_fd((void *)(intptr_t)loud);
#endif
	return nowhere < 0 || dup2(nowhere, 2) < 0 || close(nowhere) != 0;
}

static int unmute(void **state)
{
	(void)state;
	log_forget();
	return dup2(loud, 2) < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_order_confuses_the_lanes, mute, unmute),
	};

	return cmocka_run_group_tests_name("db_lanes", tests, NULL, NULL);
}
