/* SPDX-License-Identifier: MIT */
/* Worker and keeper in one process: the test moves the datagrams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "cred/keeper.h"
#include "task/loop.h"
#include "task/task.h"

enum { KEEPERS = 1, QUEUE = 3 };

static struct world {
	struct keeper_board board;
	int jobs[KEEPER_QUEUES][2], answers[2];
	struct keeper *keeper;
	struct arena *arena; /* the keeper's */
	struct keeper_secrets secrets;
} world;

/* One task that asks, and what it got. */
struct asking {
	struct arena *arena;
	struct task *task;
	enum err result;
	bool ended, fits, weak;
	struct str words;
	struct keyring_signer key;
	struct key_pair pair;
	struct secret hash;
	struct str token;
	const char *purpose; /* of a MAC */
	struct str message, mac;
};

static int set_up(void **state)
{
	struct keeper_options o = { .keepers = KEEPERS, .queue = QUEUE, .quick_queue = 8 };

	(void)state;
	memset(&world, 0, sizeof world);
	for (int i = 0; i < KEEPER_QUEUES; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, world.jobs[i]) != 0)
			return -1;
		o.jobs[i] = world.jobs[i][0];
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, world.answers) != 0 || loop_open() != OK)
		return -1;
	o.answers = world.answers[1];
	o.board = &world.board;
	world.keeper = keeper_make(&o);
	world.arena = arena_make(1 << 20, NULL, NULL);
	world.secrets = (struct keeper_secrets){
		.cost = { 8192, 1 },
		.jwt_secret = { "0123456789012345678901234567890123456789", 40 },
		.issuer = STR("postern"),
	};
	return world.keeper == NULL || world.arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	keeper_free(world.keeper);
	arena_free(world.arena);
	loop_close();
	for (int i = 0; i < 4; i++)
		close(world.jobs[i / 2][i % 2]);
	close(world.answers[0]);
	close(world.answers[1]);
	return 0;
}

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

static void asks_to_sign(void *arg)
{
	struct asking *a = arg;
	struct token_claims claims = { .subject = STR("somebody"),
				       .email = STR("a@example.org"),
				       .role = STR("user"),
				       .id = STR("one"),
				       .session = STR("two"),
				       .version = 7,
				       .issued = instant_now().us / 1000000,
				       .expires = instant_now().us / 1000000 + 600 };

	a->result = keeper_sign(world.keeper, &a->key, &claims, a->arena, &a->token);
	a->ended = true;
}

static void asks_for_mac(void *arg)
{
	struct asking *a = arg;

	a->result = keeper_mac(world.keeper, a->purpose, a->message, a->arena, &a->mac);
	a->ended = true;
}

/* Takes a job from the kernel's queue; 0: there is none. */
static size_t take(enum keeper_queue queue, char job[KEEPER_DATAGRAM])
{
	ssize_t n = recv(world.jobs[queue][1], job, KEEPER_DATAGRAM, MSG_DONTWAIT);

	return n < 0 ? 0 : (size_t)n;
}

static void stop(struct timer *t)
{
	(void)t;
	loop_stop();
}

/* Lets the worker's loop see what has come. */
static void turn(void)
{
	struct timer t = { .fire = stop };

	timer_set(&t, ticks_us() + 2000);
	loop_run();
}

/* Does what lies in a queue, as a keeper would; returns how much that was. */
static int work(enum keeper_queue queue)
{
	char job[KEEPER_DATAGRAM], answer[KEEPER_DATAGRAM];
	size_t n = 0, worker = 99;
	int done = 0;

	while ((n = take(queue, job)) > 0) {
		size_t length = keeper_work(&world.secrets, &world.board, 0, job, n, world.arena,
					    answer, &worker);

		arena_reset(world.arena);
		if (length == 0)
			continue;
		assert_int_equal(worker, 0);
		assert_int_equal(send(world.answers[0], answer, length, 0), length);
		done++;
	}
	turn();
	return done;
}

static struct asking make_asking(void)
{
	return (struct asking){ .arena = arena_make(1 << 20, NULL, NULL) };
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

static void test_sign(void **state)
{
	struct asking a = make_asking();
	struct token_claims claims = { 0 };

	(void)state;
	task_start(asks_to_sign, &a);
	assert_int_equal(work(KEEPER_SLOW), 0);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a.result, OK);
	struct token_key key = { .secret = world.secrets.jwt_secret };
	struct token_keys keys = { &key, 1, world.secrets.issuer };

	assert_int_equal(token_verify(&keys, a.token, instant_now(), a.arena, &claims), OK);
	assert_string_equal(claims.subject.p, "somebody");
	assert_string_equal(claims.session.p, "two");
	assert_int_equal(claims.version, 7);
	arena_free(a.arena);
}

static struct str mac_for(struct asking *a, const char *purpose, struct str message)
{
	a->purpose = purpose;
	a->message = message;
	task_start(asks_for_mac, a);
	assert_int_equal(work(KEEPER_QUICK), 1);
	assert_int_equal(a->result, OK);
	assert_int_equal(a->mac.n, KEEPER_MAC);
	return a->mac;
}

/* The same for the same, and another for any other purpose, message or secret. */
static void test_mac(void **state)
{
	struct asking a = make_asking();
	struct str first = mac_for(&a, "refresh", STR("one")), other[5];

	(void)state;
	assert_true(str_eq(first, mac_for(&a, "refresh", STR("one"))));
	other[0] = mac_for(&a, "refresh", STR("two"));
	other[1] = mac_for(&a, "code:reset", STR("one"));
	other[2] = mac_for(&a, "refreshone", STR(""));
	other[3] = mac_for(&a, "", STR("refreshone"));
	world.secrets.secret[31] ^= 1;
	other[4] = mac_for(&a, "refresh", STR("one"));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		assert_false(str_eq(first, other[i]));
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(other[i], other[k]));
	}
	arena_free(a.arena);
}

static void test_secret(void **state)
{
	const struct secret none = { 0 }, one = { "one", 3 }, two = { "two", 3 };
	uint8_t a[32], b[32];

	(void)state;
	keeper_secret(none, one, a);
	keeper_secret(none, two, b);
	assert_memory_not_equal(a, b, sizeof a);
	/* secret_key wins, so that jwt_secret can change without it. */
	keeper_secret(two, one, a);
	assert_memory_equal(a, b, sizeof a);
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
	task_deadline(task_self(), ticks_us() + 1000);
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

	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(keeper_work(&world.secrets, &world.board, 0, job, cut, world.arena,
					     answer, &worker),
				 0);
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
		T(test_sign),
		T(test_mac),
		T(test_secret),
		T(test_full_queue_is_busy),
		T(test_ended_task_leaves_no_work),
		T(test_late_job_is_not_done),
		T(test_lost_job_is_sent_once_more),
		T(test_malformed_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
