/* SPDX-License-Identifier: MIT */
/* Worker and keeper in one process: the test moves the datagrams. */
#pragma once

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
	struct opaque_macs macs;
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

/* Takes a job from the kernel's queue; 0: there is none. */
static size_t take(enum keeper_queue queue, char job[KEEPER_DATAGRAM])
{
	ssize_t n = recv(world.jobs[queue][1], job, KEEPER_DATAGRAM, MSG_DONTWAIT);

	return n < 0 ? 0 : (size_t)n;
}

/* Due in each turn of the loop, until there were as many as that. */
static struct {
	struct timer timer;
	int left;
} turns;

static void on_turn(struct timer *t)
{
	if (--turns.left == 0)
		return loop_stop();
	timer_set(t, ticks_us());
}

/* Lets the worker's loop see what has come, and what comes of that. It waits for no time to pass.
 */
static void turn(void)
{
	turns.timer.fire = on_turn;
	turns.left = 16;
	timer_set(&turns.timer, ticks_us());
	loop_run();
	task_run_ready();
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
