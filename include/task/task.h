/* SPDX-License-Identifier: MIT */
/*
 * Tasks: functions with a stack of their own that sleep where they would block, in a process with
 * one thread. One loop (epoll and timers) wakes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct task;

/*
 * Starts fn(arg) on a stack of its own and returns when it first sleeps or ends. The task is gone
 * after fn has returned. Not to be called from within a task. False when there is no memory for a
 * stack: nothing was started.
 */
bool task_start(void (*fn)(void *), void *arg);

/* The running task; NULL on the loop's own stack. */
struct task *task_self(void);

/*
 * Sleeps until task_wake, and returns the result that it gave. A task that was ended by task_end
 * gets that error instead, now and from every later call: the caller must take itself off the list
 * on which it waits, and leave.
 */
enum err task_park(void);

/*
 * Lets a parked task go on, with this result, before the loop waits again. False: the task has not
 * been waiting, or has been woken already, perhaps because it was ended: it is left alone and never
 * gets the result. A caller that hands something on to it must hand that to the next one then.
 */
bool task_wake(struct task *t, enum err result);

/* Whether task_wake would reach the task. */
bool task_waits(const struct task *t);

/* Why every wait of the running task fails; OK: it has not been ended. */
enum err task_ended(void);

/* Makes every wait of the task, also the present one, fail with `why`. The first reason stays. */
void task_end(struct task *t, enum err why);

/* Sleeps for a time. OK, or why the task was ended. */
enum err task_sleep_us(int64_t us);

/* Ends the task with ERR_DEADLINE at that tick (ticks_us); 0 takes the deadline off. */
void task_deadline(struct task *t, int64_t at);

/* Tick of the deadline; 0 when there is none. */
int64_t task_deadline_of(const struct task *t);

/* Runs what task_wake has made ready, until nothing is. Called by the loop. */
void task_run_ready(void);

/*
 * Sets what log lines of the running task are about, from now on; borrowed until the task ends. On
 * the loop's own stack nothing happens.
 */
struct log_context;
void task_log(const struct log_context *context);

/* The context of a sleeping task's log lines; NULL: none. */
const struct log_context *task_log_of(const struct task *t);

/* Returns stacks that are not in use to the system. */
void task_trim(void);

/* The number of tasks there are. */
size_t task_count(void);
