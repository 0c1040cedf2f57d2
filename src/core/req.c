/* SPDX-License-Identifier: MIT */
#include "core/req.h"

#include <assert.h>
#include <string.h>

#include "base/random.h"
#include "db/pool.h"
#include "task/task.h"

enum {
	DEVICE_MAX = 255,
	JITTER_US = 20000 /* before the second run; twice as much before each one after it */
};

struct once {
	struct once *next;
	const char *name;
	void *memory;
};

void *req_once(struct req *r, const char *name, size_t size)
{
	struct once *o = r->once;

	while (o != NULL && strcmp(o->name, name) != 0)
		o = o->next;
	if (o != NULL)
		return o->memory;
	o = arena_new(r->arena, struct once);
	*o = (struct once){ .next = r->once, .name = name, .memory = arena_alloc(r->arena, size) };
	memset(o->memory, 0, size);
	r->once = o;
	return o->memory;
}

struct later {
	struct later *next;
	void (*fn)(struct req *r, void *arg);
	void *arg;
};

static void agenda_add(struct req *r, struct agenda *a, void (*fn)(struct req *r, void *arg),
		       void *arg)
{
	struct later *one = arena_new(r->arena, struct later);

	*one = (struct later){ .fn = fn, .arg = arg };
	if (a->last == NULL)
		a->first = one;
	else
		a->last->next = one;
	a->last = one;
}

/* The agenda is emptied first: each entry is done once. */
static void agenda_do(struct req *r, struct agenda *a)
{
	struct later *one = a->first;

	*a = (struct agenda){ 0 };
	for (; one != NULL; one = one->next)
		one->fn(r, one->arg);
}

void req_after(struct req *r, void (*fn)(struct req *r, void *arg), void *arg)
{
	agenda_add(r, &r->after, fn, arg);
}

void req_last(struct req *r, enum err (*fn)(struct req *r, void *arg), void *arg)
{
	assert(r->last.fn == NULL);
	r->last = (struct last){ .fn = fn, .arg = arg };
}

void *req_last_of(const struct req *r, enum err (*fn)(struct req *r, void *arg))
{
	return r->last.fn == fn ? r->last.arg : NULL;
}

void req_when_beaten(struct req *r, void (*fn)(struct req *r, void *arg), void *arg)
{
	agenda_add(r, &r->beaten, fn, arg);
}

enum err req_finish(struct req *r, enum err e)
{
	bool commits = r->commit || e == OK;
	enum err last = commits && r->last.fn != NULL ? r->last.fn(r, r->last.arg) : OK;

	if (last != OK) {
		commits = false;
		e = last;
	}

	enum err finished = db_finish(r->db, commits ? OK : e);

	if (commits && finished == OK)
		agenda_do(r, &r->after);
	r->after = (struct agenda){ 0 };
	r->last = (struct last){ 0 };
	r->commit = false;
	return finished == OK ? e : finished;
}

/* Forgets what a run has said that did not count. */
static void forget_run(struct req *r)
{
	r->refusal = (struct refusal){ 0 };
	r->after = (struct agenda){ 0 };
	r->last = (struct last){ 0 };
	r->commit = false;
	r->notes = 0;
}

enum err req_run(struct req *r, enum err (*fn)(struct req *r, void *arg), void *arg, int tries)
{
	for (int i = 0; i < tries; i++) {
		if (i > 0)
			TRY(task_sleep_us(1 + random_below((int64_t)JITTER_US << i)));
		forget_run(r);

		enum err e = req_finish(r, fn(r, arg));

		if (e != ERR_RETRY)
			return e;
	}
	agenda_do(r, &r->beaten);
	return ERR_RETRY;
}

enum err req_who(struct req *r)
{
	return r->identify == NULL ? ERR_UNAUTHENTICATED : r->identify(r);
}

struct str req_device(const struct req *r)
{
	struct str device = r->from.agent;

	/* A stranger's text stands in mails and lists: nothing in it turns text around. */
	if (device.n == 0 || !str_utf8(device) || !str_shown(device))
		return STR("");
	if (device.n > DEVICE_MAX)
		device.n = DEVICE_MAX;
	/* The cut is not in the middle of a character. */
	while (!str_utf8(device))
		device.n--;
	return arena_dup(r->arena, device);
}

enum err problem(struct req *r, enum err e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	r->refusal.message = arena_vprintf(r->arena, format, args);
	va_end(args);
	return e;
}

enum err fault(struct req *r, const char *pointer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct str text = arena_vprintf(r->arena, format, args);
	va_end(args);
	fault_add(&r->refusal.faults, r->arena, str_from(pointer), "%s", text.p);
	return ERR_INVALID;
}
