/* SPDX-License-Identifier: MIT */
/* What the commands that use the database share: a loop that runs for one task. */
#pragma once

#include "base/err.h"
#include "db/pool.h"
#include "serve/act.h"
#include "serve/cli.h"

/* One command, while its task runs. */
struct command {
	const struct cli *cli; /* NULL: the service itself does it, and nobody has typed it */
	const struct conf *conf;
	struct arena *arena;
	struct pool *pool;
	struct db *db;
	struct act act;
	enum err (*run)(struct command *c);
	enum err result;
	bool hurried; /* waits for no name that is slow to be found */
	void *arg;    /* the command's own */
};

/* A command that somebody has typed. */
struct command command_make(const struct cli *cli, enum err (*run)(struct command *c), void *arg);

/*
 * Runs it in a loop and a task of its own, and ends its transaction. Returns its result. What
 * leaves notes has a transaction from the beginning, and ERR_INTERNAL when it changes something
 * without one (act_note); it is run again, from its first line, when its transaction lost a race,
 * and its result is ERR_RETRY when it lost too many. What leaves nothing cannot change anything.
 */
enum err command_run(struct command *c);

/* Says on stderr what went wrong, if anything did; the exit status. */
int command_complain(enum err e);

/* Says on stderr why the database cannot be reached, and what to do; the exit status. */
int command_unreachable(void);
