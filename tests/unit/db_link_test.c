/* SPDX-License-Identifier: MIT */
/*
 * A connection whose owner leaves it at each step: whatever it does in the middle of being told,
 * each job is told once, and before the connection is told gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db_links.h"

enum { JOBS = 4, ROOM = 64, STEPS = 40 };

static const struct db_column id_column = { .name = "id", .kind = KIND_UUID };
static const struct db_statement read_statement = {
	.name = "r", .sql = "r", .params = &id_column, .param_count = 1
};
static const struct db_statement shared_statement = {
	.name = "s", .sql = "s", .params = &id_column, .param_count = 1, .write = true
};
static const struct uuid id = { .b = { 1 } };

/* What an owner may do when it is told of something. */
enum act { RESETS, CLOSES, FORGETS, REOPENS, ACTS };

static struct owner {
	struct link link;
	struct job jobs[JOBS];
	size_t told[JOBS];		  /* how often each was */
	size_t sent, results, ups, downs; /* of this connection; in all */
	size_t told_of, leaves_at;	  /* calls; at which of them it acts */
	enum act act;
	bool closed, forgot;
} owner;

static void act(struct link *l)
{
	if (++owner.told_of != owner.leaves_at)
		return;
	switch (owner.act) {
	case RESETS:
		return link_reset(l, NULL);
	case CLOSES:
		l->wanted = false;
		owner.closed = true;
		return link_reset(l, NULL);
	case REOPENS:
		link_reset(l, NULL);
		return link_open(l);
	default:
		owner.forgot = true;
		for (size_t i = 0; i < JOBS; i++)
			pipeline_forget(&owner.jobs[i]);
	}
}

static void send_all(struct link *l)
{
	owner.sent = 0;
	owner.forgot = false;
	for (size_t i = 0; i < JOBS && l->state == LINK_UP; i++) {
		owner.jobs[i] = (struct job){ .s = i % 2 == 0 ? &read_statement : &shared_statement,
					      .in = &id };
		owner.told[i] = 0;
		owner.sent += link_send_job(l, &owner.jobs[i]);
		if (i == 1)
			link_send_sync(l);
	}
	if (l->state == LINK_UP && link_send_sync(l))
		link_flush(l);
}

static void on_up(struct link *l)
{
	owner.ups++;
	act(l);
}

static void on_down(struct link *l)
{
	owner.downs++;
	/* All that was sent was told, or forgotten. */
	for (size_t i = 0; i < owner.sent && !owner.forgot; i++)
		assert_int_equal(owner.told[i], 1);
	assert_int_equal(l->pipeline.count, 0);
	assert_null(l->pipeline.pg);
	act(l);
}

static void on_result(struct link *l, const struct sent_entry *e, PGresult *r)
{
	assert_int_equal(e->kind, SENT_JOB);
	assert_true(e->job != NULL || owner.forgot);
	owner.results++;
	if (e->job != NULL) {
		assert_null(e->job->pipeline);
		owner.told[e->job - owner.jobs]++;
	}
	PQclear(r);
	act(l);
}

static void on_undone(struct link *l, PGresult *r)
{
	PQclear(r);
	act(l);
}

static void on_synced(struct link *l)
{
	act(l);
}

static const struct link_owner calls = { on_up, on_down, on_result, on_undone, on_synced };

/* One that leaves at one step, on a connection that fails at another; then all goes well. */
static void converse(enum act a, size_t leaves_at, size_t fails_at)
{
	static const struct link_options options = { .url = { (char *)(uintptr_t) "", 0 },
						     .statement_timeout_us = 1000000,
						     .lock_timeout_us = 1000000,
						     .hosts = 1 };
	struct link_options o = options;
	struct link *l = &owner.link;

	memset(&world, 0, sizeof world);
	owner = (struct owner){ .act = a, .leaves_at = leaves_at };
	assert_true(link_make(l, &calls, &o, LINK_WRITE, ROOM));
	l->wanted = true;
	link_open(l);
	for (size_t step = 0; step < STEPS; step++) {
		if (can_connect(l))
			connects(l);
		if (l->state == LINK_UP && l->pipeline.count == 0)
			send_all(l);
		if (l->state == LINK_UP && l->pipeline.count > 0)
			answer(l, step == fails_at ? "40001" : NULL);
	}
	assert_true(owner.closed || owner.results > JOBS);
	assert_int_equal(world.unknown, 0);
	assert_int_equal(world.twice, 0);
	/* Nobody opens what is being released. */
	owner.leaves_at = a == REOPENS ? 0 : leaves_at;
	link_free(l);
	assert_true(owner.ups <= owner.downs);
	assert_int_equal(l->pipeline.count, 0);
	assert_int_equal(set.n, 0);
	assert_int_equal(world.results, 0);
	assert_int_equal(world.connections, 0);
}

static void test_an_owner_may_leave_at_each_step(void **state)
{
	(void)state;
	for (enum act a = RESETS; a < ACTS; a++)
		for (size_t leaves_at = 0; leaves_at < STEPS; leaves_at++)
			for (size_t fails_at = 0; fails_at <= STEPS; fails_at++)
				converse(a, leaves_at, fails_at);
}

static void test_what_is_not_wanted_is_not_opened_again(void **state)
{
	struct link_options o = { .url = { (char *)(uintptr_t) "", 0 }, .hosts = 1 };

	(void)state;
	memset(&world, 0, sizeof world);
	owner = (struct owner){ 0 };
	assert_true(link_make(&owner.link, &calls, &o, LINK_READ, ROOM));
	link_open(&owner.link);
	connects(&owner.link);
	assert_int_equal(owner.link.state, LINK_UP);
	link_reset(&owner.link, NULL);
	assert_false(can_connect(&owner.link));
	owner.link.wanted = true;
	link_open(&owner.link);
	connects(&owner.link);
	link_reset(&owner.link, NULL);
	assert_true(can_connect(&owner.link));
	link_free(&owner.link);
	assert_int_equal(set.n, 0);
	assert_int_equal(world.connections, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_owner_may_leave_at_each_step),
		cmocka_unit_test(test_what_is_not_wanted_is_not_opened_again),
	};

	return cmocka_run_group_tests_name("db_link", tests, NULL, NULL);
}
