/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "cred/throttle.h"

enum { SECOND = 1000000, KEYS = 100000 };

static struct throttle *table;
/* The tests have a clock of their own, which begins when the table is made. */
static int64_t now;

static int set_up(void **state)
{
	(void)state;
	table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (table == MAP_FAILED)
		return -1;
	throttle_init(table);
	now = table->made + SECOND;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(table, sizeof *table);
}

static struct str key_of(int i, char text[static 32])
{
	snprintf(text, 32, "key %d", i);
	return str_from(text);
}

static void a_block_lasts_as_long_as_it_was_told(void **state)
{
	(void)state;
	assert_int_equal(throttle_wait(table, STR("a"), now), 0);
	throttle_block(table, STR("a"), now, now + 10 * SECOND);
	assert_int_equal(throttle_wait(table, STR("a"), now), 10 * SECOND);
	assert_int_equal(throttle_wait(table, STR("b"), now), 0);
	assert_int_equal(throttle_wait(table, STR("a"), now + 9 * SECOND), SECOND);
	assert_int_equal(throttle_wait(table, STR("a"), now + 10 * SECOND), 0);
	assert_int_equal(throttle_wait(table, STR("a"), now + 11 * SECOND), 0);
}

static void a_block_becomes_longer_and_never_shorter(void **state)
{
	(void)state;
	throttle_block(table, STR("a"), now, now + 10 * SECOND);
	throttle_block(table, STR("a"), now, now + 5 * SECOND);
	assert_int_equal(throttle_wait(table, STR("a"), now), 10 * SECOND);
	throttle_block(table, STR("a"), now, now + 20 * SECOND);
	assert_int_equal(throttle_wait(table, STR("a"), now), 20 * SECOND);
	throttle_block(table, STR("b"), now, now - SECOND);
	assert_int_equal(throttle_wait(table, STR("b"), now), 0);
}

static void what_is_cleared_need_not_wait(void **state)
{
	(void)state;
	throttle_block(table, STR("a"), now, now + 10 * SECOND);
	throttle_block(table, STR("b"), now, now + 10 * SECOND);
	throttle_clear(table, STR("a"));
	throttle_clear(table, STR("never there"));
	assert_int_equal(throttle_wait(table, STR("a"), now), 0);
	assert_int_equal(throttle_wait(table, STR("b"), now), 10 * SECOND);
}

static void a_bucket_gives_so_many_at_once_and_then_one_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(table, STR("a"), now, 3), 0);
	assert_int_equal(throttle_take(table, STR("a"), now, 3), SECOND);
	assert_int_equal(throttle_take(table, STR("a"), now + SECOND / 2, 3), SECOND / 2);
	assert_int_equal(throttle_take(table, STR("a"), now + SECOND, 3), 0);
	assert_int_equal(throttle_take(table, STR("a"), now + SECOND, 3), SECOND);
	/* Long after that it is full, and not fuller. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(table, STR("a"), now + 100 * SECOND, 3), 0);
	assert_true(throttle_take(table, STR("a"), now + 100 * SECOND, 3) > 0);
}

static void a_bucket_is_filled_within_its_span(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_pace(table, STR("a"), now, 3, 60 * SECOND), 0);
	assert_int_equal(throttle_pace(table, STR("a"), now, 3, 60 * SECOND), 20 * SECOND);
	assert_int_equal(throttle_pace(table, STR("b"), now, 3, 60 * SECOND), 0);
	assert_int_equal(throttle_pace(table, STR("a"), now + 20 * SECOND, 3, 60 * SECOND), 0);
	assert_int_equal(throttle_pace(table, STR("a"), now + 20 * SECOND, 3, 60 * SECOND),
			 20 * SECOND);
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_pace(table, STR("a"), now + 80 * SECOND, 3, 60 * SECOND),
				 0);
	assert_true(throttle_pace(table, STR("a"), now + 80 * SECOND, 3, 60 * SECOND) > 0);
	/* More than one a millisecond is not told apart. */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(throttle_pace(table, STR("c"), now, 1000, SECOND / 1000), 0);
	assert_true(throttle_pace(table, STR("c"), now, 1000, SECOND / 1000) > 0);
}

static void a_token_is_put_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(table, STR("a"), now, 3), 0);
	throttle_give(table, STR("a"), now);
	assert_int_equal(throttle_take(table, STR("a"), now, 3), 0);
	assert_true(throttle_take(table, STR("a"), now, 3) > 0);
	throttle_fill(table, STR("a"));
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(table, STR("a"), now, 3), 0);
	/* Of a full one nothing is put beyond its brim. */
	for (int i = 0; i < 5; i++)
		throttle_give(table, STR("b"), now);
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(table, STR("b"), now, 3), 0);
	assert_true(throttle_take(table, STR("b"), now, 3) > 0);
}

static void blocks_and_buckets_of_a_key_are_apart(void **state)
{
	(void)state;
	throttle_block(table, STR("a"), now, now + 10 * SECOND);
	assert_int_equal(throttle_take(table, STR("a"), now, 1), 0);
	throttle_fill(table, STR("a"));
	assert_int_equal(throttle_wait(table, STR("a"), now), 10 * SECOND);
	throttle_clear(table, STR("a"));
	assert_int_equal(throttle_take(table, STR("a"), now, 1), 0);
}

/* What is over soonest makes room, so a flood of short ones does not wash out a long one. */
static void many_keys_take_no_more_room(void **state)
{
	char text[32];
	int strangers = 0;

	(void)state;
	throttle_block(table, STR("long"), now, now + 900 * SECOND);
	for (int i = 0; i < KEYS; i++)
		throttle_block(table, key_of(i, text), now, now + SECOND);
	assert_int_equal(throttle_wait(table, STR("long"), now), 900 * SECOND);
	for (int i = KEYS; i < 2 * KEYS; i++)
		strangers += throttle_wait(table, key_of(i, text), now) > 0;
	/* 16,384 entries and 38 bits: one stranger in 16 million. */
	assert_in_range(strangers, 0, 1);
}

static void what_is_over_makes_room_first(void **state)
{
	char text[32];
	int kept = 0;

	(void)state;
	for (int i = 0; i < KEYS; i++)
		throttle_block(table, key_of(i, text), now, now + SECOND);
	now += 2 * SECOND;
	for (int i = 0; i < 2000; i++)
		throttle_block(table, key_of(i + KEYS, text), now, now + 60 * SECOND);
	for (int i = 0; i < 2000; i++)
		kept += throttle_wait(table, key_of(i + KEYS, text), now) > 0;
	/* Hardly ever do five of so few share a set of four. */
	assert_in_range(kept, 1990, 2000);
}

/* Never stops by itself. */
static _Noreturn void hammer(int seed)
{
	char text[32];

	for (int i = seed;; i = (i + 1) % 64) {
		struct str key = key_of(i, text);

		throttle_block(table, key, now, now + SECOND);
		throttle_take(table, key, now, 1000000);
		throttle_give(table, key, now);
		throttle_clear(table, key);
	}
}

static void whoever_dies_while_writing_holds_up_nobody(void **state)
{
	char text[32];

	(void)state;
	for (int round = 0; round < 50; round++) {
		pid_t pids[2];

		for (int i = 0; i < 2; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				hammer(i * 32);
		}
		usleep(2000);
		for (int i = 0; i < 2; i++) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
	}
	for (int i = 0; i < 64; i++) {
		struct str key = key_of(i, text);

		throttle_clear(table, key);
		assert_int_equal(throttle_wait(table, key, now), 0);
		throttle_block(table, key, now, now + 5 * SECOND);
		assert_int_equal(throttle_wait(table, key, now), 5 * SECOND);
		throttle_fill(table, key);
		assert_int_equal(throttle_take(table, key, now, 1), 0);
	}
}

/* Each of two processes takes as many as it gets; together they get what is in the bucket. */
static void two_processes_share_a_bucket(void **state)
{
	int got = 0, pipes[2];
	char one = 0;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	/* Both find it there: two that make it at the same moment may make two. */
	assert_int_equal(throttle_take(table, STR("a"), now, 1000), 0);
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			while (throttle_take(table, STR("a"), now, 1000) == 0)
				if (write(pipes[1], "x", 1) != 1)
					_exit(1);
			_exit(0);
		}
	close(pipes[1]);
	while (read(pipes[0], &one, 1) == 1)
		got++;
	close(pipes[0]);
	while (wait(NULL) > 0)
		;
	assert_int_equal(got, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_block_lasts_as_long_as_it_was_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_block_becomes_longer_and_never_shorter, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_cleared_need_not_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_bucket_gives_so_many_at_once_and_then_one_a_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bucket_is_filled_within_its_span, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_token_is_put_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blocks_and_buckets_of_a_key_are_apart, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(many_keys_take_no_more_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_over_makes_room_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_dies_while_writing_holds_up_nobody, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_processes_share_a_bucket, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
