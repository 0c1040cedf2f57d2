/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "task/loop.h"
#include "task/task.h"

/* What tasks did, in the order in which they did it. */
static struct {
	char order[64];
	size_t n;
	struct task *first;
	enum err seen;
	int left;
} seen;

static void note(char c)
{
	seen.order[seen.n++] = c;
}

static int set_up(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	return loop_open() == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	loop_close();
	return 0;
}

static void parks_once(void *arg)
{
	const char *names = arg;

	note(names[0]);
	seen.first = task_self();
	seen.seen = task_park();
	note(names[1]);
}

static void wakes_the_first(void *arg)
{
	(void)arg;
	note('w');
	task_wake(seen.first, ERR_BUSY);
	note('x');
}

static void test_park_and_wake(void **state)
{
	char names[] = "ab";

	(void)state;
	assert_true(task_start(parks_once, names));
	assert_true(task_start(wakes_the_first, NULL));
	assert_int_equal(task_count(), 1);
	task_run_ready();
	assert_string_equal(seen.order, "awxb");
	assert_int_equal(seen.seen, ERR_BUSY);
	assert_int_equal(task_count(), 0);
	assert_null(task_self());
}

static void test_waking_twice_counts_once(void **state)
{
	char names[] = "ab";

	(void)state;
	task_start(parks_once, names);
	task_wake(seen.first, OK);
	task_wake(seen.first, ERR_BUSY);
	task_run_ready();
	assert_string_equal(seen.order, "ab");
	assert_int_equal(seen.seen, OK);
}

static void parks_twice(void *arg)
{
	(void)arg;
	seen.first = task_self();
	assert_int_equal(task_park(), ERR_CANCELLED);
	/* An ended task never sleeps again, and the first reason stays. */
	task_end(task_self(), ERR_DEADLINE);
	assert_int_equal(task_park(), ERR_CANCELLED);
	assert_int_equal(task_sleep_us(1000000), ERR_CANCELLED);
	note('e');
}

static void test_ended_task_leaves(void **state)
{
	(void)state;
	task_start(parks_twice, NULL);
	task_end(seen.first, ERR_CANCELLED);
	task_run_ready();
	assert_string_equal(seen.order, "e");
}

static void sleeps(void *arg)
{
	task_deadline(task_self(), ticks_us() + 20000);
	seen.seen = task_sleep_us(*(int64_t *)arg);
	if (--seen.left == 0)
		loop_stop();
}

static void test_deadline_ends_a_wait(void **state)
{
	int64_t us = 60000000, before = ticks_us();

	(void)state;
	seen.left = 1;
	task_start(sleeps, &us);
	loop_run();
	assert_int_equal(seen.seen, ERR_DEADLINE);
	assert_true(ticks_us() - before < 10000000);
}

static void test_sleep_before_the_deadline(void **state)
{
	int64_t us = 1000;

	(void)state;
	seen.left = 1;
	task_start(sleeps, &us);
	loop_run();
	assert_int_equal(seen.seen, OK);
}

/* Uses its stack, keeps numbers in registers across switches. */
static void computes(void *arg)
{
	int64_t sum = 0;
	volatile char room[32 * 1024];

	for (size_t i = 0; i < sizeof room; i++)
		room[i] = (char)i;
	for (int64_t i = 0; i < 50; i++) {
		sum += i * room[i];
		assert_int_equal(task_sleep_us(i % 3), OK);
	}
	*(int64_t *)arg = sum;
	if (--seen.left == 0)
		loop_stop();
}

static void test_many_tasks_keep_their_state(void **state)
{
	enum { TASKS = 300 };
	int64_t sums[TASKS] = { 0 };

	(void)state;
	seen.left = TASKS;
	for (int i = 0; i < TASKS; i++)
		assert_true(task_start(computes, &sums[i]));
	loop_run();
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(sums[i], sums[0]);
	assert_int_equal(sums[0], 40425);
	assert_int_equal(task_count(), 0);
	task_trim();
}

struct ticking {
	struct timer timer;
	char name;
};

static void ticks(struct timer *t)
{
	struct ticking *k = OWNER_OF(t, struct ticking, timer);

	note(k->name);
	if (k->name == 'z')
		loop_stop();
}

static void test_timers_fire_in_order(void **state)
{
	struct ticking timers[] = { { .name = 'd' }, { .name = 'a' }, { .name = 'c' },
				    { .name = 'z' }, { .name = 'b' }, { .name = 'n' } };
	const int64_t after[] = { 4000, 1000, 3000, 6000, 2000, 3500 };
	int64_t now = ticks_us();

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		timers[i].timer.fire = ticks;
		timer_set(&timers[i].timer, now + 900000);
		timer_set(&timers[i].timer, now + after[i]);
	}
	timer_clear(&timers[5].timer);
	timer_clear(&timers[5].timer);
	loop_run();
	assert_string_equal(seen.order, "abcdz");
}

struct piped {
	struct watch watch;
	struct piped *other;
	int fd;
};

/* Whichever comes first takes the other one off. */
static void takes_other_off(struct watch *w, uint32_t events)
{
	struct piped *p = OWNER_OF(w, struct piped, watch);

	(void)events;
	note('r');
	loop_unwatch(&p->other->watch);
	loop_unwatch(&p->watch);
	loop_stop();
}

static void test_unwatched_in_the_same_turn(void **state)
{
	struct piped p[2] = { { .watch = { -1, takes_other_off } },
			      { .watch = { -1, takes_other_off } } };
	int fds[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(fds[i]), 0);
		assert_int_equal(write(fds[i][1], "x", 1), 1);
		p[i].other = &p[1 - i];
		assert_int_equal(loop_watch(&p[i].watch, fds[i][0], EPOLLIN), OK);
	}
	loop_run();
	assert_string_equal(seen.order, "r");
	for (int i = 0; i < 4; i++)
		close(fds[i / 2][i % 2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_park_and_wake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waking_twice_counts_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ended_task_leaves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_ends_a_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sleep_before_the_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_tasks_keep_their_state, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_timers_fire_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unwatched_in_the_same_turn, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
