/* SPDX-License-Identifier: MIT */
/* The loop of a process: epoll, timers, and work to be done once before each wait. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A descriptor that is watched. The struct is embedded in its owner's, which the call finds by
 * offset.
 */
struct watch {
	int fd; /* -1: not watched */
	void (*ready)(struct watch *w, uint32_t events);
};

struct timer {
	int64_t at;  /* tick, microseconds */
	size_t slot; /* place in the heap, from 1; 0: not set */
	void (*fire)(struct timer *t);
};

/* Called before each wait, after all that was ready has run. */
struct hook {
	struct hook *next;
	void (*before_wait)(struct hook *h);
};

/* The struct that has `member` at that address. */
#define OWNER_OF(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

/* Makes the loop of this process. ERR_INTERNAL when the kernel refuses. */
enum err loop_open(void);

/* Releases the loop; watches and timers are forgotten. */
void loop_close(void);

/*
 * Watches fd for events (EPOLLIN, EPOLLET, ...), or changes what an already watched one is watched
 * for; w watches no other. ERR_INTERNAL when the kernel refuses.
 */
enum err loop_watch(struct watch *w, int fd, uint32_t events);

/*
 * Ends a watch: safe at any time, also where its event lies in the present turn. Does not close fd,
 * which is open still: a closed one is struck by its number, which may be somebody else's by then.
 * That is logged, and under sanitizers it ends the process.
 */
void loop_unwatch(struct watch *w);

/* Ends the watch of a descriptor that a library has closed, and the kernel forgotten with that. */
void loop_forget(struct watch *w);

/* Sets or moves a timer. */
void timer_set(struct timer *t, int64_t at);
void timer_clear(struct timer *t);

void loop_hook(struct hook *h);

/* Has `run` called in each turn, before the hooks and after them: it runs what was made ready. */
void loop_ready(void (*run)(void));

/* Turns until loop_stop, which may also have come before. */
void loop_run(void);
void loop_stop(void);
