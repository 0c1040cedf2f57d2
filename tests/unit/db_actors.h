/* SPDX-License-Identifier: MIT */
/* Requests, as tasks, on a pool whose libpq is db_world.h's and whose loop is db_clock.h's. */
#pragma once

#include "db_links.h"

#include "base/log.h"
#include "db/pool_parts.h"

enum { LANES = 2, LINKS = LANES + 1 };

/*
 * One request: (a) a write alone, (s) one that shares its transaction, (t) a transaction of one
 * write, (T) of two, (f) one whose handler fails behind the write, (x) one that is left without
 * a word, as when memory runs out, (r) a read, (g) one that is gathered.
 */
struct actor {
	char kind;
	size_t number;
	struct arena *arena;
	struct task *task;
	struct db *db;
	const struct job *job; /* that it waits for, or is about to learn of */
	struct uuid id;	       /* of its number, from 1; and what it was told */
	int64_t told_n;
	struct uuid told_id;
	uint8_t stage; /* how many statements it has begun */
	bool come, gone, ended;
	enum err told;
};

static struct actor actors[WORLD_PEOPLE];
static size_t actor_count;

/* The one whose task this is; actor_count: there is none. */
static size_t actor_of(const struct task *t)
{
	size_t i = 0;

	while (i < actor_count && (actors[i].gone || actors[i].task != t))
		i++;
	return i;
}

static const struct db_column id_column = { .name = "id", .kind = KIND_UUID };

#define STATEMENT(...)                                                                             \
	{                                                                                          \
		.params = &id_column, .param_count = 1, .columns = &id_column, .column_count = 1,  \
		.row_size = sizeof(struct uuid), __VA_ARGS__                                       \
	}

static const struct db_statement write_statement = STATEMENT(.name = "w", .sql = "w",
							     .write = true);
static const struct db_statement shared_statement = STATEMENT(.name = "s", .sql = "s",
							      .write = true, .shared = true);
static const struct db_statement read_statement = STATEMENT(.name = "r", .sql = "r");
static const struct db_statement gathered_statement = STATEMENT(.name = "g", .sql = "g",
								.gathered = true);

static struct pool *pool;
static struct arena *arenas[WORLD_PEOPLE];

static enum err writes(struct actor *a, const struct db_statement *s)
{
	a->stage++;
	a->told_n = 0;
	return db_exec(a->db, s, &a->id, &a->told_n);
}

static enum err reads(struct actor *a, const struct db_statement *s)
{
	a->stage++;
	return db_one(a->db, s, &a->id, &a->told_id);
}

static enum err transaction(struct actor *a)
{
	TRY(db_begin(a->db));
	TRY(writes(a, &write_statement));
	if (a->kind == 'T')
		TRY(writes(a, &write_statement));
	return a->kind == 'f' ? ERR_FORBIDDEN : OK;
}

static enum err handler(struct actor *a)
{
	switch (a->kind) {
	case 'a':
		return writes(a, &write_statement);
	case 's':
		return writes(a, &shared_statement);
	case 'r':
		return reads(a, &read_statement);
	case 'g':
		return reads(a, &gathered_statement);
	default:
		return transaction(a);
	}
}

static void body(void *arg)
{
	struct actor *a = arg;

	a->task = task_self();
	a->db = db_open(pool, a->arena);
	a->told = handler(a);
	if (a->kind != 'x') {
		a->told = db_finish(a->db, a->told);
		/* As dispatch does it. */
		if (a->told == ERR_RETRY)
			a->told = db_finish(a->db, handler(a));
	}
	a->db = NULL;
	a->gone = true;
	arena_reset(a->arena);
}

/* What a request that was told OK has written, and nobody writes by halves. */
static uint8_t writes_of(char kind)
{
	return strchr("rgfx", kind) != NULL ? 0 : kind == 'T' ? 2 : 1;
}

static struct link *link_of(size_t i)
{
	return i < LANES ? &pool->lanes.v[i].link : &pool->reads.link;
}

static void turn(void)
{
	task_run_ready();
	pool->hook.before_wait(&pool->hook);
	task_run_ready();
}

static void world_make(const char *kinds)
{
	struct pool_options o = { .url = { (char *)(uintptr_t) "", 0 },
				  .connections = LINKS,
				  .sharing = LANES,
				  .acquire_timeout_us = 1000000,
				  .statement_timeout_us = 1000000,
				  .lock_timeout_us = 1000000,
				  .pipeline = true };

	memset(&world, 0, sizeof world);
	pool = pool_make(&o);
	connects(&pool->reads.link);
	connects(&pool->lanes.v[0].link);
	actor_count = strlen(kinds);
	for (size_t i = 0; i < actor_count; i++) {
		if (arenas[i] == NULL)
			arenas[i] = arena_make(1 << 16, NULL, NULL);
		actors[i] = (struct actor){ .kind = kinds[i], .number = i, .arena = arenas[i] };
		memset(&actors[i].id, (int)i + 1, sizeof actors[i].id);
	}
}

/* Nothing may be left over. */
static void world_free(void)
{
	pool_free(pool);
	assert_int_equal(set.n, 0);
	assert_int_equal(world.results, 0);
	assert_int_equal(world.connections, 0);
	assert_int_equal(task_count(), 0);
}
