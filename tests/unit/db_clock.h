/* SPDX-License-Identifier: MIT */
/*
 * A loop in which nothing happens by itself: descriptors are not looked at, and a timer strikes
 * when the test says so, as soon as it is set or never.
 */
#pragma once

#include <assert.h>
#include <string.h>

#include "task/loop.h"
#include "task/task.h"

enum { CLOCK_TIMERS = 64 };

static struct {
	size_t n;
	struct timer *timers[CLOCK_TIMERS];
	struct task *setters[CLOCK_TIMERS]; /* NULL: the loop itself */
} set;

enum err loop_watch(struct watch *w, int fd, uint32_t events)
{
	(void)events;
	w->fd = fd;
	return OK;
}

void loop_forget(struct watch *w)
{
	w->fd = -1;
}

void loop_unwatch(struct watch *w)
{
	loop_forget(w);
}

void loop_hook(struct hook *h)
{
	(void)h;
}

void loop_ready(void (*run)(void))
{
	(void)run;
}

void timer_clear(struct timer *t)
{
	if (t->slot == 0)
		return;

	size_t at = t->slot - 1;

	t->slot = 0;
	if (at == --set.n)
		return;
	set.timers[at] = set.timers[set.n];
	set.setters[at] = set.setters[set.n];
	set.timers[at]->slot = at + 1;
}

void timer_set(struct timer *t, int64_t at)
{
	timer_clear(t);
	assert(set.n < CLOCK_TIMERS);
	t->at = at;
	set.timers[set.n] = t;
	set.setters[set.n] = task_self();
	t->slot = ++set.n;
}

/* Whatever it was set for has come. */
static void timer_strike(struct timer *t)
{
	timer_clear(t);
	t->fire(t);
}
