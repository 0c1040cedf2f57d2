/* SPDX-License-Identifier: MIT */
/*
 * The states of a worker's connections, by enumeration: up to four requests, two write connections
 * and the one for reads, and every order in which requests come, answers come or are failures of
 * each kind, connections break and come back, clients leave or deadlines strike, waits end, and the
 * database is given up. States that are alike are looked at once. What must hold
 * (docs/decisions.md) is asserted after each step; and from each state all is then let go well, so
 * that nobody may wait for ever and nothing may be left over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#ifdef POSTERN_SAN
#include <sanitizer/common_interface_defs.h>
#endif

#include "db_moves.h"

enum { DEPTH_MAX = 60, BRANCHES = 16 };

#ifdef POSTERN_SAN
enum { STATES_LOOKED_AT = 250 };
#else
enum { STATES_LOOKED_AT = 1000 };
#endif

/* --- which states there are ------------------------------------------------------------------ */

/* Of the states looked at; hashes, of which 0 is none. */
static struct {
	uint64_t *hashes;
	size_t room;
} seen;

static uint64_t mix(uint64_t h, uint64_t x)
{
	return (h ^ x) * 0x100000001b3 ^ (h >> 29);
}

static uint64_t mix_told(uint64_t h, const struct job *j)
{
	return mix(h, (uint64_t)j->err << 5 | (uint64_t)j->tries << 2 | (uint64_t)j->locked << 1 |
			      j->done);
}

static uint64_t mix_job(uint64_t h, const struct job *first)
{
	for (const struct job *j = first; j != NULL; j = job_next(j, first))
		h = mix_told(mix(h, 16 + actor_of(j->task)), j);
	return mix(h, 7);
}

/* What it has prepared, in no order; and what the server has of it. */
static uint64_t mix_prepared(uint64_t h, const struct pipeline *p)
{
	uint64_t all = 0;

	for (size_t i = 0; i < p->prepared.room; i++) {
		const struct prepared_entry *e = &p->prepared.v[i];

		if (e->s != NULL)
			all += mix((uint64_t)e->s->name[0],
				   (uint64_t)e->state << 1 |
					   (e->state == PREPARED_ASKED && e->piece == p->piece));
	}
	for (size_t i = 0; i < WORLD_NAMES; i++)
		h = p->pg->knows[i] ? mix(h, i) : h;
	return mix(mix(h, all), p->refusal != NULL);
}

static uint64_t mix_link(uint64_t h, const struct link *k)
{
	h = mix(h, (uint64_t)k->state << 2 | (uint64_t)(k->timer.slot != 0) << 1 | k->wanted);
	if (k->pipeline.pg == NULL)
		return h;
	h = mix(h, (uint64_t)k->pipeline.pg->block << 1 | k->pipeline.pg->skips);
	for (size_t i = 0; i < k->pipeline.count; i++) {
		const struct question *q = &k->pipeline.pg->queue[i];

		h = mix(h, (uint64_t)q->kind << 12 | (uint64_t)q->what << 4 | q->of.n);
		for (size_t n = 0; n < q->of.n; n++)
			h = mix(h, q->of.who[n]);
		h = mix_job(h, k->pipeline.ring[(k->pipeline.first + i) % k->pipeline.room].job);
	}
	for (size_t i = 0; i < WORLD_PEOPLE; i++)
		h = mix(h, k->pipeline.pg->open[i]);
	return mix_prepared(h, &k->pipeline);
}

static uint64_t mix_lane(uint64_t h, const struct lane *l)
{
	h = mix(h, (uint64_t)l->state << 12 | (uint64_t)l->failed << 5 | l->unproved << 1 |
			   (l->use == &pool->share.use));
	h = mix(h, (uint64_t)((l->holder != NULL) | l->broken << 1 | l->stale << 2 | l->ends << 3 |
			      (l->idle.slot != 0) << 4));
	h = mix(h, l->job == NULL ? 9 : actor_of(l->job->task));
	for (const struct sharer *s = l->sharers; s != NULL; s = s->next)
		h = mix_job(h, s->job);
	return mix_link(h, &l->link);
}

static uint64_t mix_actor(uint64_t h, const struct actor *a)
{
	bool alive = a->come && !a->gone;
	size_t lane = a->db == NULL || a->db->lane == NULL ? 9
							   : (size_t)(a->db->lane - pool->lanes.v);

	h = mix(h, (uint64_t)(a->come | a->gone << 1 | a->ended << 2 |
			      (alive && task_waits(a->task)) << 3 | (wait_of(a) != NULL) << 4));
	h = mix(h, (uint64_t)world.committed[a->number] << 8 | a->stage);
	if (alive && a->job != NULL)
		h = mix_told(h, a->job);
	if (a->db == NULL)
		return mix(h, (uint64_t)a->told);
	return mix(h, lane << 4 | (uint64_t)(a->db->begin | a->db->alone << 1 | a->db->wrote << 2));
}

static uint64_t state_hash(void)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < actor_count; i++)
		h = mix_actor(h, &actors[i]);
	for (const struct waiter *w = pool->lanes.waiters; w != NULL; w = w->next)
		h = mix(h, w == &pool->share.turn ? 50 : 32 + actor_of(w->task));
	for (const struct sharer *s = pool->share.sharers; s != NULL; s = s->next)
		h = mix(h, 64 + actor_of(s->job->task));
	for (const struct job *j = pool->reads.first; j != NULL; j = j->next)
		h = mix_job(h, j);
	for (size_t i = 0; i < pool->blocked.n; i++)
		h = mix(h, (uint64_t)pool->blocked.v[i].s->name[0] << 2 |
				   (uint64_t)(pool->blocked.v[i].tried |
					      (pool->blocked.v[i].stuck != NULL) << 1));
	h = mix(h, (uint64_t)(pool->out | pool->share.turn_queued << 1 |
			      (pool->grace.slot != 0) << 2));
	for (size_t i = 0; i < LANES; i++)
		h = mix_lane(h, &pool->lanes.v[i]);
	return mix_link(h, &pool->reads.link) | 1;
}

static bool is_new(uint64_t h)
{
	size_t at = h % seen.room;

	while (seen.hashes[at] != 0 && seen.hashes[at] != h)
		at = (at + 1) % seen.room;
	if (seen.hashes[at] == h)
		return false;
	seen.hashes[at] = h;
	return true;
}

/* --- the ways there -------------------------------------------------------------------------- */

/* The one that is gone just now: to be told when something does not hold there. */
static struct path {
	const char *kinds;
	uint8_t n;
	struct move moves[DEPTH_MAX];
} path;

static size_t moves_on(struct move *on)
{
	size_t n = 0;

	for (uint8_t step = 0; step <= TURN; step++)
		for (uint8_t who = 0; who < WHO_MAX; who++)
			if (possible((struct move){ step, who }))
				on[n++] = (struct move){ step, who };
	/* A second turn in a row is none. */
	return path.n > 0 && path.moves[path.n - 1].step == TURN ? n - 1 : n;
}

/* Goes `path`; returns how many moves lead on from where it ends, none where others have been. */
static size_t go(struct move *on)
{
	size_t n = 0;

	world_make(path.kinds);
	for (size_t i = 0; i < path.n; i++) {
		take(path.moves[i]);
		check();
	}
	if (is_new(state_hash()))
		n = moves_on(on);
	wind_up();
	world_free();
	return n;
}

/* Breadth first; returns how many states were looked at, which are all if that is less than max. */
static size_t explore(const char *kinds, size_t max)
{
	size_t first = 0, last = 1, states = 0, room = max * BRANCHES;
	struct path *paths = malloc(room * sizeof *paths);

	seen.room = max * 4;
	seen.hashes = calloc(seen.room, sizeof *seen.hashes);
	paths[0] = (struct path){ .kinds = kinds };
	while (first < last && states < max) {
		struct move on[(TURN + 1) * WHO_MAX];

		path = paths[first++];

		size_t n = go(on);

		states += n > 0;
		for (size_t i = 0; i < n && path.n < DEPTH_MAX && last < room; i++) {
			paths[last] = path;
			paths[last].moves[paths[last].n++] = on[i];
			last++;
		}
	}
	free(seen.hashes);
	free(paths);
	path.kinds = NULL;
	return states;
}

/* Walks at random, always the same ways, to where no enumeration gets to in time. */
static void wander(const char *kinds, size_t walks)
{
	uint64_t random = 88172645463325252; /* xorshift64 */

	for (size_t w = 0; w < walks; w++) {
		world_make(kinds);
		path = (struct path){ .kinds = kinds };
		while (path.n < DEPTH_MAX) {
			struct move on[(TURN + 1) * WHO_MAX];
			size_t n = moves_on(on);

			if (n == 0)
				break;
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			path.moves[path.n] = on[random % n];
			take(path.moves[path.n++]);
			check();
		}
		wind_up();
		world_free();
	}
	path.kinds = NULL;
}

static size_t states_max(void)
{
	const char *given = getenv("DB_LANES_STATES");

	return given == NULL ? STATES_LOOKED_AT : strtoul(given, NULL, 10);
}

static const char *const mixes[] = { "t",   "T",    "f",    "x",    "a",    "s",    "r",
				     "g",   "tt",   "ss",   "st",   "as",   "rr",   "gg",
				     "rg",  "rt",   "sss",  "ttt",  "Tfs",  "xts",  "ggg",
				     "rrs", "tttt", "ssss", "rrrr", "asTs", "rrts", "ggrs" };

static void test_no_order_confuses_the_lanes(void **state)
{
	(void)state;
	stormy = false;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++)
		assert_true(explore(mixes[i], states_max()) > 20);
}

static void test_nor_when_connections_break(void **state)
{
	(void)state;
	stormy = true;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++)
		assert_true(explore(mixes[i], states_max()) > 100);
}

static void test_nor_in_the_long_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof mixes / sizeof *mixes; i++) {
		stormy = i % 2 == 1;
		wander(mixes[i / 2], states_max() / 2);
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
	static const char *const steps[] = { "comes",  "leaves",   "waited", "answer",	 "fails",
					     "breaks", "connects", "rests",  "given up", "turn" };

	(void)state;
	log_forget();
	if (dup2(loud, 2) < 0)
		return -1;
	close(loud);
	if (path.kinds == NULL)
		return 0;
	fprintf(stderr, "it was on the way of %s%s:", path.kinds, stormy ? ", in a storm" : "");
	for (size_t i = 0; i < path.n; i++)
		fprintf(stderr, " %s %d", steps[path.moves[i].step], path.moves[i].who);
	fprintf(stderr, "\n");
	path.kinds = NULL;
	return 0;
}

#define LANES_TEST(name) cmocka_unit_test_setup_teardown(name, mute, unmute)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LANES_TEST(test_no_order_confuses_the_lanes),
		LANES_TEST(test_nor_when_connections_break),
		LANES_TEST(test_nor_in_the_long_run),
	};

	return cmocka_run_group_tests_name("db_lanes", tests, NULL, NULL);
}
