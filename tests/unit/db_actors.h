/* SPDX-License-Identifier: MIT */
/* Requests that write, as tasks, on a pool whose libpq is db_world.h's. */
#pragma once

#include "db_world.h"

#include "base/log.h"
#include "task/task.h"

enum { LANES = 2 };

/* One request: (t)ransaction, (s)hared write, write (a)lone. */
struct actor {
	char kind;
	size_t number;
	struct arena *arena;
	struct task *task;
	struct db *db;
	bool come, gone, ended;
	enum err told;
};

static const struct db_statement statements[2][WORLD_WRITERS] = {
	{ { .name = "w0", .sql = "w", .write = true },
	  { .name = "w1", .sql = "w", .write = true },
	  { .name = "w2", .sql = "w", .write = true },
	  { .name = "w3", .sql = "w", .write = true } },
	{ { .name = "s0", .sql = "s", .write = true, .shared = true },
	  { .name = "s1", .sql = "s", .write = true, .shared = true },
	  { .name = "s2", .sql = "s", .write = true, .shared = true },
	  { .name = "s3", .sql = "s", .write = true, .shared = true } },
};

static struct pool *pool;
static struct actor actors[WORLD_WRITERS];
static size_t actor_count;

static void body(void *arg)
{
	struct actor *a = arg;
	enum err e = OK;

	a->task = task_self();
	a->db = db_open(pool, a->arena);
	if (a->kind == 't')
		e = db_begin(a->db);
	if (e == OK)
		e = db_exec(a->db, &statements[a->kind == 's'][a->number], NULL, NULL);
	a->told = db_finish(a->db, e);
	a->db = NULL;
	a->gone = true;
	arena_reset(a->arena);
}

static void answer(struct link *l, bool fail)
{
	server_answer(l->pg, fail);
	l->watch.ready(&l->watch, EPOLLIN);
}

static void connects(struct link *l)
{
	if (l->state == LINK_DOWN) {
		timer_clear(&l->timer);
		l->timer.fire(&l->timer);
	}
	l->watch.ready(&l->watch, EPOLLIN);
	while (l->state == LINK_PREPARING)
		answer(l, false);
}

static void turn(void)
{
	task_run_ready();
	pool->hook.before_wait(&pool->hook);
	task_run_ready();
}

static void world_make(const char *kinds)
{
	static const struct db_statement *const none[] = { NULL };
	struct pool_options o = { .url = { (char *)(uintptr_t) "", 0 },
				  .statements = none,
				  .connections = LANES + 1,
				  .sharing = LANES,
				  .acquire_timeout_us = 1000000,
				  .statement_timeout_us = 1000000,
				  .lock_timeout_us = 1000000,
				  .pipeline = true };

	memset(&world, 0, sizeof world);
	assert_int_equal(loop_open(), OK);
	pool = pool_make(&o);
	connects(&pool->read);
	connects(&pool->lanes[0].link);
	actor_count = strlen(kinds);
	for (size_t i = 0; i < actor_count; i++)
		actors[i] = (struct actor){ .kind = kinds[i],
					    .number = i,
					    .arena = arena_make(1 << 16, NULL, NULL) };
}

static void world_free(void)
{
	for (size_t i = 0; i < actor_count; i++)
		arena_free(actors[i].arena);
	pool_free(pool);
	loop_close();
	log_forget();
	assert_int_equal(world.results, 0);
	assert_int_equal(task_count(), 0);
}
