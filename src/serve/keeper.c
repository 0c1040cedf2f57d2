/* SPDX-License-Identifier: MIT */
/*
 * A keeper: hashes passwords and signs tokens. Datagrams in, datagrams out; no network, no
 * database, no files after its start. It steps back for the workers, so that a flood of sign-ins
 * does not slow other requests down.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
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

/* Takes one job, a quick one first; false when there is none. */
static bool take(const struct keeper_setup *s, char *job, size_t *n)
{
	static const enum keeper_queue order[] = { KEEPER_QUICK, KEEPER_SLOW };

	for (size_t i = 0; i < KEEPER_QUEUES; i++) {
		ssize_t got = recv(s->jobs[order[i]], job, KEEPER_DATAGRAM, MSG_DONTWAIT);

		if (got <= 0)
			continue;
		*n = (size_t)got;
		return true;
	}
	return false;
}

static void work(const struct keeper_setup *s, struct arena *a)
{
	char job[KEEPER_DATAGRAM], answer[KEEPER_DATAGRAM];
	size_t n = 0, worker = 0;

	while (take(s, job, &n)) {
		size_t length = keeper_work(&s->secrets, s->board, s->number, job, n, a, answer,
					    &worker);

		if (length > 0 && worker < s->workers &&
		    send(s->answers[worker], answer, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			log_warn("keeper", "worker %zu does not take its answers", worker);
		sodium_memzero(job, n);
		sodium_memzero(answer, length);
		arena_reset(a);
		atomic_store(&s->pulse->beat, ticks_us());
	}
}

/* Until SIGTERM. */
static int serve(const struct keeper_setup *s, struct arena *a, int signals)
{
	struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
				{ .fd = s->jobs[KEEPER_QUICK], .events = POLLIN },
				{ .fd = s->jobs[KEEPER_SLOW], .events = POLLIN } };
	struct signalfd_siginfo info;

	argon_memory_keep();
	for (;;) {
		atomic_store(&s->pulse->beat, ticks_us());
		log_flush();

		int ready = poll(fds, sizeof fds / sizeof *fds, POLL_MS);

		if (ready < 0 && errno != EINTR)
			return EX_OSERR;
		if (ready == 0)
			argon_memory_drop();
		work(s, a);
		while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
			if (info.ssi_signo == SIGTERM)
				return EX_OK;
	}
}

int keeper_run(const struct keeper_setup *s)
{
	struct sched_param batch = { 0 };
	struct arena *a = arena_make(MEMORY, NULL, NULL);
	int signals = process_signals();

	if (a == NULL || signals < 0)
		return EX_OSERR;
	/* Both are only wishes: without them it works, less politely. */
	setpriority(PRIO_PROCESS, 0, NICE);
	sched_setscheduler(0, SCHED_BATCH, &batch);
	atomic_store(&s->pulse->ready, true);

	int status = serve(s, a, signals);

	arena_free(a);
	return status;
}
