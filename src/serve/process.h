/* SPDX-License-Identifier: MIT */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "db/pool.h"
#include "serve/serve.h"

/* The signals that the processes handle; they are blocked and read from a descriptor. */
void process_signal_set(sigset_t *set);

/* Blocks them; a non-blocking signalfd, or -1. */
int process_signals(void);

/*
 * In a fresh child: its name, a death signal should the master go, no log lines of the parent. A
 * child whose master has gone already leaves at once.
 */
void process_child(const char *name, pid_t master);

/* Secrets among the settings; each kind of child needs some of them. */
enum keep {
	KEEP_JWT_SECRET = 1,
	KEEP_SECRET_KEY = 2,
	KEEP_DATABASE_URL = 4,
	KEEP_MAIL_PASSWORD = 8
};

/*
 * In a fresh child: wipes the other secrets from its copy of the settings, and all of them from its
 * copy of the environment, for what is needed was read already.
 */
void process_forget(const struct conf *c, unsigned int keep);

/*
 * The pool that the settings speak of, for the statements of src/sql; the URL lies in the settings.
 * connections, sharing: as in struct pool_options.
 */
struct pool_options process_pool(const struct conf *c, size_t connections, size_t sharing);

/* The listening socket; see listener.c. -1 after a message, with *status set. */
int listener_take(const struct conf *c, bool *made, int *status);
void listener_remove(const struct conf *c);

/* Tells systemd, if it listens (sd_notify(3)): "READY=1". */
void notify(const char *state);

/* Microseconds between two "WATCHDOG=1"; 0: not asked for. */
int64_t notify_watchdog_us(void);
