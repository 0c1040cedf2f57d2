/* SPDX-License-Identifier: MIT */
/*
 * A keeper: hashes passwords and signs tokens. Datagrams in, datagrams out; no network, no
 * database, no files after its start. It steps back for the workers, so that a flood of sign-ins
 * does not slow other requests down.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "cred/argon_memory.h"
#include "serve/process.h"

enum { NICE = 10, POLL_MS = 500, MEMORY = 256 * 1024 };

/* The desk of a keeper: the job in hand, and its answer. */
struct desk {
	const struct keeper_setup *s;
	struct arena *arena;
	int signals;
	char job[KEEPER_DATAGRAM], answer[KEEPER_DATAGRAM];
	jmp_buf out_of_memory;
};

/* Takes one job, a quick one first; false when there is none. */
static bool take(struct desk *d, size_t *n)
{
	static const enum keeper_queue order[] = { KEEPER_QUICK, KEEPER_SLOW };

	for (size_t i = 0; i < KEEPER_QUEUES; i++) {
		ssize_t got = recv(d->s->jobs[order[i]], d->job, sizeof d->job, MSG_DONTWAIT);

		if (got <= 0)
			continue;
		*n = (size_t)got;
		return true;
	}
	return false;
}

static void answer(struct desk *d, size_t length, size_t worker)
{
	if (length > 0 && worker < d->s->workers &&
	    send(d->s->answers[worker], d->answer, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_warn("keeper", "worker %zu does not take its answers", worker);
	sodium_memzero(d->answer, length);
}

static void work(struct desk *d)
{
	const struct keeper_setup *s = d->s;
	size_t n = 0, worker = 0;

	while (take(d, &n)) {
		size_t length = keeper_work(&s->secrets, s->board, s->number, d->job, n, d->arena,
					    d->answer, &worker);

		answer(d, length, worker);
		sodium_memzero(d->job, n);
		arena_reset(d->arena);
		atomic_store(&s->pulse->beat, ticks_us());
	}
}

static void out_of_memory(void *ctx)
{
	longjmp(((struct desk *)ctx)->out_of_memory, 1);
}

/* There was no memory for the job in hand: whoever wants it may ask once more. */
static void give_up(struct desk *d)
{
	size_t length = 0, worker = 0;

	sodium_memzero(d->job, sizeof d->job);
	arena_reset(d->arena);
	while ((length = keeper_lost(d->s->board, d->s->number, d->answer, &worker)) > 0)
		answer(d, length, worker);
}

/* Works until SIGTERM. */
static int serve(struct desk *d)
{
	const struct keeper_setup *s = d->s;
	struct pollfd fds[] = { { .fd = d->signals, .events = POLLIN },
				{ .fd = s->jobs[KEEPER_QUICK], .events = POLLIN },
				{ .fd = s->jobs[KEEPER_SLOW], .events = POLLIN } };
	struct signalfd_siginfo info;

	argon_memory_keep();
	if (setjmp(d->out_of_memory) != 0)
		give_up(d);
	for (;;) {
		atomic_store(&s->pulse->beat, ticks_us());
		log_flush();

		int ready = poll(fds, sizeof fds / sizeof *fds, POLL_MS);

		if (ready < 0 && errno != EINTR)
			return EX_OSERR;
		if (ready == 0)
			argon_memory_drop();
		work(d);
		while (read(d->signals, &info, sizeof info) == (ssize_t)sizeof info)
			if (info.ssi_signo == SIGTERM)
				return EX_OK;
	}
}

int keeper_run(const struct keeper_setup *s)
{
	struct sched_param batch = { 0 };
	struct desk d = { .s = s, .signals = process_signals() };

	d.arena = arena_make(MEMORY, out_of_memory, &d);
	if (d.arena == NULL || d.signals < 0)
		return EX_OSERR;
	/* Both calls are only wishes: without them the keeper works, less politely. */
	setpriority(PRIO_PROCESS, 0, NICE);
	sched_setscheduler(0, SCHED_BATCH, &batch);
	atomic_store(&s->pulse->ready, true);

	int status = serve(&d);

	arena_free(d.arena);
	return status;
}
