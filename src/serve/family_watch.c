/* SPDX-License-Identifier: MIT */
/* The watch over children: which are there, which hang, and which are to leave. */
#include <signal.h>

#include "base/instant.h"
#include "base/log.h"
#include "serve/family.h"

enum {
	/* Four beats; with the looks it takes, a frozen worker is replaced within two seconds. */
	WORKER_SILENT_US = 1000000,
	/* A worker beats once its loop runs. The limit doubles each time: a slow start must end. */
	STARTING_SILENT_US = 5000000,
	STARTING_DOUBLED = 5,
	/* The dearest hash that is allowed takes a keeper this long, and then some. */
	KEEPER_SILENT_US = 15000000,
	/* A courier does work that may take a moment: names are looked up, files are written. */
	COURIER_SILENT_US = 5000000,
	STALE_LOOKS = 2 /* one alone may come from a machine that was asleep */
};

static bool silent(struct family *f, struct child *c)
{
	static const int64_t limits[] = { [CHILD_WORKER] = WORKER_SILENT_US,
					  [CHILD_COURIER] = COURIER_SILENT_US,
					  [CHILD_KEEPER] = KEEPER_SILENT_US };
	struct pulse *pulse = family_pulse(f, c);
	bool starting = c->kind == CHILD_WORKER && !atomic_load(&pulse->ready);

	int64_t limit = starting ? (int64_t)STARTING_SILENT_US << c->slow_starts : limits[c->kind];

	if (!starting)
		c->slow_starts = 0;
	if (ticks_us() - atomic_load(&pulse->beat) < limit)
		c->stale = 0;
	else
		c->stale++;
	if (c->stale == STALE_LOOKS && starting && c->slow_starts < STARTING_DOUBLED)
		c->slow_starts++;
	return c->stale >= STALE_LOOKS;
}

void family_watch(struct family *f)
{
	for (size_t i = 0; i < family_size(f); i++) {
		struct child *c = &f->children[i];

		if (c->pid == 0)
			continue;
		if (c->kill_at != 0 && ticks_us() >= c->kill_at) {
			log_warn("master", "pid %d did not leave in time and is killed",
				 (int)c->pid);
			kill(c->pid, SIGKILL);
		} else if (silent(f, c)) {
			log_error("master", "pid %d gives no sign of life and is killed",
				  (int)c->pid);
			kill(c->pid, SIGKILL);
		}
	}
}

void child_retire(struct child *c, int64_t kill_at)
{
	if (c->kill_at != 0)
		return;
	c->kill_at = kill_at;
	if (c->pid != 0)
		kill(c->pid, SIGTERM);
}

size_t family_count(const struct family *f, enum child_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < family_size(f); i++)
		n += f->children[i].kind == kind && f->children[i].pid != 0;
	return n;
}
