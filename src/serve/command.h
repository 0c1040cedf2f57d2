/* SPDX-License-Identifier: MIT */
/* What the commands that use the database share. */
#pragma once

#include "base/err.h"
#include "conf/conf.h"
#include "db/pool.h"

/* One command, while its task runs. */
struct command {
	const struct conf *conf;
	struct arena *arena;
	struct pool *pool;
	struct db *db;
	enum err (*run)(struct command *c);
	enum err result;
	bool hurried; /* waits for no name that is slow to be found */
	void *arg;    /* the command's own */
	/* user create */
	struct str email, name;
	bool admin, weak;
};

/* Runs it in a loop and a task of its own, and ends its transaction. Returns its result. */
enum err command_run(struct command *c);

/* Says on stderr what went wrong, if anything did; the exit status. */
int command_complain(enum err e);

/* Takes "--name VALUE" or "--name=VALUE" at argv[*i]; false when it is something else. */
bool command_option(const char *name, int argc, char **argv, int *i, struct str *value);
