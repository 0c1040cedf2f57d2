/* SPDX-License-Identifier: MIT */
/* Jobs and their answers: lists, deadlines, lost keepers, and what is no job. */
#include "cred/keeper_wire.h"
#include "keeper_world.h"

static void asks_for_hash(void *arg)
{
	struct asking *a = arg;

	a->task = task_self();
	struct keeper_password p = { .password = { "correct horse", 13 }, .words = a->words };

	a->result = keeper_hash(world.keeper, &p, a->arena, &a->hash, &a->weak);
	a->ended = true;
}

static void asks_to_verify(void *arg)
{
	struct asking *a = arg;

	a->result = keeper_verify(world.keeper, (struct secret){ "correct horse", 13 }, a->hash,
				  &a->fits);
	a->ended = true;
}

static void test_hash_and_verify(void **state)
{
	struct asking a = make_asking();

	(void)state;
	task_start(asks_for_hash, &a);
	assert_false(a.ended);
	assert_int_equal(work(KEEPER_SLOW), 1);
	assert_true(a.ended);
	assert_int_equal(a.result, OK);
	assert_int_equal(strncmp(a.hash.p, "$argon2id$", 10), 0);
	a.ended = false;
	task_start(asks_to_verify, &a);
	assert_int_equal(work(KEEPER_SLOW), 1);
	assert_int_equal(a.result, OK);
	assert_true(a.fits);
	arena_free(a.arena);
}

static void test_full_queue_is_busy(void **state)
{
	struct asking a[KEEPERS + 1 + QUEUE + 1];
	size_t n = sizeof a / sizeof *a;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		a[i] = make_asking();
		task_start(asks_for_hash, &a[i]);
	}
	assert_true(a[n - 1].ended);
	assert_int_equal(a[n - 1].result, ERR_BUSY);
	assert_false(a[0].ended);
	while (work(KEEPER_SLOW) > 0)
		;
	for (size_t i = 0; i < n; i++) {
		assert_true(a[i].ended);
		assert_int_equal(a[i].result, i + 1 < n ? OK : ERR_BUSY);
		arena_free(a[i].arena);
	}
}

static void test_lists_of_all_workers_count(void **state)
{
	static const struct {
		uint32_t mine, others;
		enum err expected;
	} cases[] = {
		{ 0, QUEUE - 1, OK },
		{ 0, QUEUE, ERR_BUSY },
		{ 7, QUEUE - 1, OK }, /* what the board says of this one is not asked */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asking a[KEEPERS + 2];

		atomic_store(&world.board.waiting[0], cases[i].mine);
		atomic_store(&world.board.waiting[1], 1);
		atomic_store(&world.board.waiting[KEEPER_WORKERS_MAX - 1], cases[i].others - 1);
		for (size_t j = 0; j < KEEPERS + 2; j++) {
			a[j] = make_asking();
			task_start(asks_for_hash, &a[j]);
		}
		assert_int_equal(keeper_full(world.keeper), true);
		assert_int_equal(atomic_load(&world.board.waiting[0]), cases[i].expected == OK);
		while (work(KEEPER_SLOW) > 0)
			;
		assert_int_equal(a[KEEPERS].result, OK);
		assert_int_equal(a[KEEPERS + 1].result, cases[i].expected);
		assert_int_equal(atomic_load(&world.board.waiting[0]), 0);
		for (size_t j = 0; j < KEEPERS + 2; j++)
			arena_free(a[j].arena);
	}
}

static void test_ended_task_leaves_no_work(void **state)
{
	struct asking a[KEEPERS + 2];

	(void)state;
	for (size_t i = 0; i < KEEPERS + 2; i++) {
		a[i] = make_asking();
		task_start(asks_for_hash, &a[i]);
	}
	/* The first lies with the kernel, the last with the worker. */
	task_end(a[0].task, ERR_CANCELLED);
	task_end(a[KEEPERS + 1].task, ERR_CANCELLED);
	turn();
	assert_int_equal(a[0].result, ERR_CANCELLED);
	assert_int_equal(a[KEEPERS + 1].result, ERR_CANCELLED);
	assert_int_equal(work(KEEPER_SLOW), KEEPERS);
	assert_int_equal(a[1].result, OK);
	for (size_t i = 0; i < KEEPERS + 2; i++)
		arena_free(a[i].arena);
}

static void sets_deadline(void *arg)
{
	task_deadline(task_self(), ticks_us());
	asks_for_hash(arg);
}

static void test_late_job_is_not_done(void **state)
{
	struct asking a = make_asking();

	(void)state;
	task_start(sets_deadline, &a);
	turn();
	assert_int_equal(a.result, ERR_DEADLINE);
	assert_int_equal(work(KEEPER_SLOW), 0);
	arena_free(a.arena);
}

/* A keeper takes the job and dies. */
static void lose(void)
{
	char job[KEEPER_DATAGRAM], answer[KEEPER_DATAGRAM];
	size_t worker = 99, n = 0;

	assert_int_not_equal(take(KEEPER_SLOW, job), 0);
	atomic_store(&world.board.places[0][0].taken, 1);
	n = keeper_lost(&world.board, 0, answer, &worker);
	assert_int_not_equal(n, 0);
	assert_int_equal(worker, 0);
	assert_int_equal(send(world.answers[0], answer, n, 0), n);
	assert_int_equal(keeper_lost(&world.board, 0, answer, &worker), 0);
	turn();
}

static void test_lost_job_is_sent_once_more(void **state)
{
	struct asking a = make_asking();

	(void)state;
	task_start(asks_for_hash, &a);
	lose();
	assert_false(a.ended);
	assert_int_equal(work(KEEPER_SLOW), 1);
	assert_int_equal(a.result, OK);
	a.ended = false;
	task_start(asks_for_hash, &a);
	lose();
	lose();
	assert_true(a.ended);
	assert_int_equal(a.result, ERR_BUSY);
	arena_free(a.arena);
}

static void test_malformed_datagrams(void **state)
{
	char job[KEEPER_DATAGRAM], answer[KEEPER_DATAGRAM];
	size_t worker = 0;
	struct asking a = make_asking();

	(void)state;
	task_start(asks_for_hash, &a);

	size_t n = take(KEEPER_SLOW, job);

	/* One whose header is whole has a place to which it can be said. */
	for (size_t cut = 0; cut < n; cut++) {
		size_t length = keeper_work(&world.secrets, &world.board, 0, job, cut, world.arena,
					    answer, &worker);
		struct answer_header h = { 0 };

		assert_int_equal(length, cut < sizeof(struct job_header) ? 0 : sizeof h);
		memcpy(&h, answer, length);
		assert_int_equal(h.result, length == 0 ? 0 : ANSWER_FAILED);
	}
	memset(job, 0xff, sizeof job);
	assert_int_equal(keeper_work(&world.secrets, &world.board, 0, job, sizeof job, world.arena,
				     answer, &worker),
			 0);
	/* An answer that nobody waits for changes nothing. */
	assert_int_equal(send(world.answers[0], job, 64, 0), 64);
	turn();
	assert_false(a.ended);
	task_end(a.task, ERR_CANCELLED);
	task_run_ready();
	arena_free(a.arena);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_hash_and_verify),
		T(test_full_queue_is_busy),
		T(test_lists_of_all_workers_count),
		T(test_ended_task_leaves_no_work),
		T(test_late_job_is_not_done),
		T(test_lost_job_is_sent_once_more),
		T(test_malformed_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
