/* SPDX-License-Identifier: MIT */
#include "task/task.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/instant.h"
#include "base/log.h"
#include "task/loop.h"
#include "task/switch.h"

enum state { RUNNING, PARKED, READY, DONE };

struct task {
	struct context context;
	struct task *next; /* in the ready list or among the unused */
	void (*fn)(void *);
	void *arg;
	enum state state;
	enum err result; /* of the present wait */
	enum err ended;	 /* why every wait fails; OK: it goes on */
	struct timer deadline;
	const struct log_context *log;
};

/* Tasks belong to the process's one loop. */
static struct {
	struct context loop;
	struct task *current;
	struct task *ready_first, **ready_last;
	struct task *unused;
	size_t unused_count, count;
} tasks = { .ready_last = &tasks.ready_first };

static void body(void)
{
	struct task *t = tasks.current;

	context_arrived(&t->context, &tasks.loop);
	t->fn(t->arg);
	t->state = DONE;
	context_switch(&t->context, &tasks.loop, 1);
	abort();
}

static void on_deadline(struct timer *timer)
{
	task_end(OWNER_OF(timer, struct task, deadline), ERR_DEADLINE);
}

/* The task's own struct lies outside its stack, so that a trimmed stack stays usable. */
static struct task *take(void)
{
	struct task *t = tasks.unused;

	if (t != NULL) {
		tasks.unused = t->next;
		tasks.unused_count--;
		return t;
	}
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->context.low = stack_map();
	if (t->context.low == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

static void release(struct task *t)
{
	if (tasks.unused_count >= STACK_KEPT) {
		stack_unmap(t->context.low);
		free(t);
		return;
	}
	t->next = tasks.unused;
	tasks.unused = t;
	tasks.unused_count++;
}

static void resume(struct task *t)
{
	tasks.current = t;
	t->state = RUNNING;
	log_context(t->log);
	context_switch(&tasks.loop, &t->context, 0);
	log_context(NULL);
	tasks.current = NULL;
	if (t->state != DONE)
		return;
	timer_clear(&t->deadline);
	tasks.count--;
	release(t);
}

bool task_start(void (*fn)(void *), void *arg)
{
	struct task *t = take();

	if (t == NULL)
		return false;

	void *low = t->context.low;

	loop_ready(task_run_ready);
	*t = (struct task){ .fn = fn, .arg = arg, .deadline.fire = on_deadline };
	context_make(&t->context, low, body);
	tasks.count++;
	resume(t);
	return true;
}

struct task *task_self(void)
{
	return tasks.current;
}

enum err task_park(void)
{
	struct task *t = tasks.current;

	if (t->ended != OK)
		return t->ended;
	t->state = PARKED;
	context_switch(&t->context, &tasks.loop, 0);
	return t->result;
}

bool task_waits(const struct task *t)
{
	return t->state == PARKED;
}

enum err task_ended(void)
{
	return tasks.current->ended;
}

bool task_wake(struct task *t, enum err result)
{
	if (!task_waits(t))
		return false;
	t->state = READY;
	t->result = result;
	t->next = NULL;
	*tasks.ready_last = t;
	tasks.ready_last = &t->next;
	return true;
}

void task_end(struct task *t, enum err why)
{
	if (t->ended != OK)
		return;
	t->ended = why;
	task_wake(t, why);
}

void task_run_ready(void)
{
	while (tasks.ready_first != NULL) {
		struct task *t = tasks.ready_first;

		tasks.ready_first = t->next;
		if (tasks.ready_first == NULL)
			tasks.ready_last = &tasks.ready_first;
		resume(t);
	}
}

struct sleeper {
	struct timer timer;
	struct task *task;
};

static void on_slept(struct timer *timer)
{
	task_wake(OWNER_OF(timer, struct sleeper, timer)->task, OK);
}

enum err task_sleep_us(int64_t us)
{
	struct sleeper s = { .timer.fire = on_slept, .task = tasks.current };

	timer_set(&s.timer, ticks_us() + us);

	enum err e = task_park();

	timer_clear(&s.timer);
	return e;
}

void task_deadline(struct task *t, int64_t at)
{
	if (at == 0)
		timer_clear(&t->deadline);
	else
		timer_set(&t->deadline, at);
}

int64_t task_deadline_of(const struct task *t)
{
	return t->deadline.slot == 0 ? 0 : t->deadline.at;
}

void task_log(const struct log_context *context)
{
	if (tasks.current == NULL)
		return;
	tasks.current->log = context;
	log_context(context);
}

const struct log_context *task_log_of(const struct task *t)
{
	return t->log;
}

void task_trim(void)
{
	for (struct task *t = tasks.unused; t != NULL; t = t->next)
		madvise(t->context.low, STACK_SIZE, MADV_DONTNEED);
}

size_t task_count(void)
{
	return tasks.count;
}
