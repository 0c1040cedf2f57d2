/* SPDX-License-Identifier: MIT */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "db/pool.h"
#include "serve/serve.h"

/* The signals that the processes handle; they are blocked and read from a descriptor. */
void process_signal_set(sigset_t *set);

/* Blocks the signals; returns a non-blocking signalfd, or -1. */
int process_signals(void);

/*
 * Sets up a fresh child: its name, a death signal should the master go, neither log lines nor the
 * signals' descriptor of the parent. A child whose master has gone already leaves at once.
 */
void process_child(const char *name, pid_t master);

/*
 * Runs something in a process of its own and returns its exit status, EX_OSERR when it has none:
 * data that libraries leave behind in freed memory goes with it, and no child of the master
 * inherits it.
 */
int process_apart(const char *name, int (*run)(const struct conf *c), const struct conf *c);

/*
 * The pool that the settings speak of; the URL lies in the settings.
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
