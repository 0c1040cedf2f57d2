/* SPDX-License-Identifier: MIT */
#include "task/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"

enum {
	EVENTS = 256,
	/* Two system calls a line would cost a busy worker a tenth of its time. */
	LOG_WAITS_US = 20000
};

/* A process has one loop; everything that waits in it hangs here. */
static struct {
	int epoll;
	bool stopped; /* asked to stop, perhaps before it ran */
	struct hook *hooks;
	void (*run_ready)(void);
	/* The batch being worked on, so that an unwatched entry can be struck from it. */
	struct epoll_event events[EVENTS];
	int count, next;
	/* Binary heap of timers, from 1. */
	struct timer **heap;
	size_t timers, room;
	int64_t logged; /* tick at which the log was last written */
} loop = { .epoll = -1 };

enum err loop_open(void)
{
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop.epoll < 0 ? ERR_INTERNAL : OK;
}

void loop_close(void)
{
	close(loop.epoll);
	free(loop.heap);
	memset(&loop, 0, sizeof loop);
	loop.epoll = -1;
}

enum err loop_watch(struct watch *w, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };
	int how = w->fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	assert(w->fd < 0 || w->fd == fd);
	/* libpq may close a descriptor and get the same number for the next one. */
	if (epoll_ctl(loop.epoll, how, fd, &e) != 0 &&
	    (errno != ENOENT || epoll_ctl(loop.epoll, EPOLL_CTL_ADD, fd, &e) != 0)) {
		log_error("loop", "epoll_ctl: %s", strerror(errno));
		return ERR_INTERNAL;
	}
	w->fd = fd;
	return OK;
}

void loop_unwatch(struct watch *w)
{
	if (w->fd < 0)
		return;
	/* Somebody closed the descriptor first: the number may be another connection's by now. */
	if (epoll_ctl(loop.epoll, EPOLL_CTL_DEL, w->fd, NULL) != 0) {
		log_error("loop", "descriptor %d was closed while it was watched: %s", w->fd,
			  strerror(errno));
#ifdef POSTERN_SAN
		log_flush();
		abort();
#endif
	}
	loop_forget(w);
}

void loop_forget(struct watch *w)
{
	if (w->fd < 0)
		return;
	w->fd = -1;
	for (int i = loop.next; i < loop.count; i++)
		if (loop.events[i].data.ptr == w)
			loop.events[i].data.ptr = NULL;
}

static void place(struct timer *t, size_t slot)
{
	loop.heap[slot] = t;
	t->slot = slot;
}

static void sift_up(struct timer *t, size_t slot)
{
	while (slot > 1 && loop.heap[slot / 2]->at > t->at) {
		place(loop.heap[slot / 2], slot);
		slot /= 2;
	}
	place(t, slot);
}

static void sift_down(struct timer *t, size_t slot)
{
	for (;;) {
		size_t child = slot * 2;

		if (child > loop.timers)
			break;
		if (child < loop.timers && loop.heap[child + 1]->at < loop.heap[child]->at)
			child++;
		if (loop.heap[child]->at >= t->at)
			break;
		place(loop.heap[child], slot);
		slot = child;
	}
	place(t, slot);
}

/* Timers guard against waiting for ever: there is no going on without the memory for them. */
static void heap_reserve(void)
{
	if (loop.timers + 1 < loop.room)
		return;

	size_t room = loop.room == 0 ? 256 : loop.room * 2;
	struct timer **heap = realloc(loop.heap, room * sizeof *heap);

	if (heap == NULL) {
		log_error("loop", "out of memory for timers");
		abort();
	}
	loop.heap = heap;
	loop.room = room;
}

void timer_set(struct timer *t, int64_t at)
{
	timer_clear(t);
	heap_reserve();
	t->at = at;
	sift_up(t, ++loop.timers);
}

void timer_clear(struct timer *t)
{
	size_t slot = t->slot;

	if (slot == 0)
		return;
	t->slot = 0;

	struct timer *last = loop.heap[loop.timers--];

	if (last == t)
		return;
	if (slot > 1 && loop.heap[slot / 2]->at > last->at)
		sift_up(last, slot);
	else
		sift_down(last, slot);
}

static void fire_timers(void)
{
	int64_t now = ticks_us();

	while (loop.timers > 0 && loop.heap[1]->at <= now) {
		struct timer *t = loop.heap[1];

		timer_clear(t);
		t->fire(t);
	}
}

void loop_hook(struct hook *h)
{
	h->next = loop.hooks;
	loop.hooks = h;
}

void loop_ready(void (*run)(void))
{
	loop.run_ready = run;
}

static void run_ready(void)
{
	if (loop.run_ready != NULL)
		loop.run_ready();
}

/* Writes the log if that is due; returns the tick at which it will be, or INT64_MAX. */
static int64_t keep_log(int64_t now)
{
	if (!log_pending())
		return INT64_MAX;
	if (now - loop.logged < LOG_WAITS_US && !loop.stopped)
		return loop.logged + LOG_WAITS_US;
	log_flush();
	loop.logged = now;
	return INT64_MAX;
}

/* Milliseconds until something is due, rounded up so that it has really come; -1: nothing is. */
static int patience(void)
{
	int64_t now = ticks_us(), next = keep_log(now);

	if (loop.timers > 0 && loop.heap[1]->at < next)
		next = loop.heap[1]->at;
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : next - now > 60000000 ? 60000 : (int)((next - now + 999) / 1000);
}

static void turn(void)
{
	run_ready();
	for (struct hook *h = loop.hooks; h != NULL; h = h->next)
		h->before_wait(h);
	run_ready();

	int timeout = patience();

	if (loop.stopped)
		return;
	loop.count = epoll_wait(loop.epoll, loop.events, EVENTS, timeout);
	for (loop.next = 0; loop.next < loop.count;) {
		struct epoll_event *e = &loop.events[loop.next++];
		struct watch *w = e->data.ptr;

		if (w != NULL)
			w->ready(w, e->events);
	}
	loop.count = 0;
	fire_timers();
}

void loop_run(void)
{
	while (!loop.stopped)
		turn();
	loop.stopped = false;
}

void loop_stop(void)
{
	loop.stopped = true;
}
