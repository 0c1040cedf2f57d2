/* SPDX-License-Identifier: MIT */
#include "serve/family.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "base/heap.h"
#include "base/instant.h"
#include "base/log.h"
#include "core/keys.h"
#include "cred/password.h"
#include "http/openapi.h"
#include "mail/templates.h"
#include "serve/secret.h"
#include "task/loop.h"

enum {
	/* A child that lived this long has not failed at its start. */
	GROWN_UP_US = 1000000,
	BACKOFF_FIRST_US = 50000,
	BACKOFF_MAX_US = 5000000
};

/* Whether all sockets are made; those that are not are -1. */
static bool make_sockets(struct family *f)
{
	int type = SOCK_DGRAM | SOCK_CLOEXEC;

	memset(f->jobs, -1, sizeof f->jobs);
	memset(f->answers, -1, sizeof f->answers);
	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		if (socketpair(AF_UNIX, type, 0, f->jobs[i]) != 0)
			return false;
	for (size_t i = 0; i < family_clients(f); i++)
		if (socketpair(AF_UNIX, type, 0, f->answers[i]) != 0)
			return false;
	return true;
}

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

static void close_sockets(const struct family *f)
{
	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		close_pair(f->jobs[i]);
	for (size_t i = 0; i < family_clients(f); i++)
		close_pair(f->answers[i]);
}

/* Releases all but the arena. */
static void release(struct family *f)
{
	close_sockets(f);
	if (f->shared != MAP_FAILED)
		munmap(f->shared, sizeof *f->shared);
	free(f);
}

/* Loads the templates of mails; says what is wrong with them. */
static bool load_templates(struct family *f)
{
	struct conf_faults faults = { 0 };

	f->templates = templates_load(f->conf->mail_templates, f->arena, &faults);
	for (const struct conf_fault *fault = faults.first; fault != NULL; fault = fault->next)
		log_error("master", "%s", fault->text.p);
	return f->templates != NULL;
}

static void number_children(struct family *f)
{
	static const enum child_kind order[] = { CHILD_WORKER, CHILD_COURIER, CHILD_KEEPER };
	const size_t counts[] = { f->workers, f->couriers, f->keepers };
	struct child *c = f->children;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (size_t number = 0; number < counts[i]; number++)
			*c++ = (struct child){ .kind = order[i], .number = number };
}

struct family *family_make(const struct conf *c, struct arena *a, int listener,
			   struct revoked_board *revoked, struct throttle *throttle)
{
	struct family *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->arena = a;
	f->conf = c;
	if (!keys_work(c) || !load_templates(f)) {
		free(f);
		return NULL;
	}
	f->master = getpid();
	f->listener = listener;
	f->revoked = revoked;
	f->throttle = throttle;
	f->workers = (size_t)conf_workers(c);
	f->couriers = (size_t)c->server_couriers;
	f->keepers = (size_t)conf_keepers(c);
	f->shared = mmap(NULL, sizeof *f->shared, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	char *openapi = openapi_make(table_v1.routes, table_v1.n, POSTERN_VERSION);

	if (!make_sockets(f) || f->shared == MAP_FAILED || openapi == NULL) {
		log_error("master", "cannot make sockets and memory: %s", strerror(errno));
		free(openapi);
		release(f);
		return NULL;
	}
	arena_defer(a, free, openapi);
	f->openapi = str_from(openapi);
	f->page = page_template(a);
	f->no_hash = password_no_hash(c->password_memory_kib, c->password_passes, a);
	number_children(f);
	return f;
}

void family_free(struct family *f)
{
	struct arena *a = f->arena;

	/* The first settings lie in memory that is not ours to give back. */
	conf_forget(f->conf, 0);
	release(f);
	arena_free(a);
}

struct pulse *family_pulse(struct family *f, const struct child *c)
{
	return &f->shared->pulses[c - f->children];
}

/*
 * Wipes the secrets that a fresh child may not keep, of these settings and of those that the master
 * still has of generations that are leaving. They are the child's copies: the master's stay as they
 * are.
 */
static void forget_settings(const struct family *f, unsigned int process)
{
	conf_forget(f->conf, process);
	for (const struct family *old = f->next; old != NULL; old = old->next)
		conf_forget(old->conf, 0);
}

static void forget(const struct family *f, unsigned int process)
{
	forget_settings(f, process);
	conf_forget_environment(environ, process);
}

void family_part(const struct family *f)
{
	forget_settings(f, 0);
	/* The child connects to the database, as workers do: libpq needs PGPASSWORD. */
	conf_forget_environment(environ, CONF_WORKER);
	close(f->listener);
	for (; f != NULL; f = f->next)
		close_sockets(f);
}

/* Closes the sockets of the others: keepers take jobs, and each client reads answers of its own. */
static void close_others(const struct family *f, size_t own)
{
	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		close(f->jobs[i][1]);
	for (size_t i = 0; i < family_clients(f); i++) {
		close(f->answers[i][0]);
		if (i != own)
			close(f->answers[i][1]);
	}
}

static int be_worker(struct family *f, const struct child *c)
{
	struct worker_setup s = {
		.conf = f->conf,
		.listener = f->listener,
		.number = c->number,
		.keepers = f->keepers,
		.jobs = { f->jobs[KEEPER_SLOW][0], f->jobs[KEEPER_QUICK][0] },
		.answers = f->answers[c->number][1],
		.board = &f->shared->board,
		.revoked = f->revoked,
		.throttle = f->throttle,
		.pulse = family_pulse(f, c),
		.openapi = f->openapi,
		.page = f->page,
		.no_hash = f->no_hash,
	};

	process_child("postern-worker", f->master);
	forget(f, CONF_WORKER);
	close_others(f, c->number);
	return worker_run(&s);
}

static int be_courier(struct family *f, const struct child *c)
{
	struct courier_setup s = {
		.conf = f->conf,
		.templates = f->templates,
		.number = c->number,
		.row = f->workers + c->number,
		.keepers = f->keepers,
		.jobs = { f->jobs[KEEPER_SLOW][0], f->jobs[KEEPER_QUICK][0] },
		.answers = f->answers[f->workers + c->number][1],
		.board = &f->shared->board,
		.pulse = family_pulse(f, c),
	};

	process_child("postern-courier", f->master);
	forget(f, CONF_COURIER);
	close(f->listener);
	close_others(f, f->workers + c->number);
	return courier_run(&s);
}

static int be_keeper(struct family *f, const struct child *c)
{
	struct keeper_setup s = {
		.secrets = { .cost = { (uint32_t)f->conf->password_memory_kib,
				       (uint32_t)f->conf->password_passes },
			     .issuer = f->conf->jwt_issuer },
		.number = c->number,
		.workers = family_clients(f),
		.jobs = { f->jobs[KEEPER_SLOW][1], f->jobs[KEEPER_QUICK][1] },
		.board = &f->shared->board,
		.pulse = family_pulse(f, c),
	};

	process_child("postern-keeper", f->master);
	keys_secret(f->conf, s.secrets.secret);
	s.secrets.rotating = keys_secret_previous(f->conf, s.secrets.previous);
	if (keys_algorithm(f->conf) == TOKEN_HS256)
		s.secrets.jwt_secret = f->conf->jwt_secret;
	forget(f, CONF_KEEPER);
	/* The secrets that were made of these are enough. */
	conf_wipe(&f->conf->secret_key);
	conf_wipe(&f->conf->secret_key_previous);
	close(f->listener);
	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		close(f->jobs[i][0]);
	for (size_t i = 0; i < family_clients(f); i++) {
		s.answers[i] = f->answers[i][0];
		close(f->answers[i][1]);
	}
	return keeper_run(&s);
}

static void spawn(struct family *f, struct child *c)
{
	struct pulse *pulse = family_pulse(f, c);

	atomic_store(&pulse->ready, false);
	atomic_store(&pulse->beat, ticks_us());
	c->started = ticks_us();
	c->stale = 0;
	log_flush();
	/* Holes in the heap would be filled, and so copied, by each child for itself. */
	heap_trim();
	c->pid = fork();
	if (c->pid < 0) {
		log_error("master", "fork: %s", strerror(errno));
		c->pid = 0;
		c->not_before = ticks_us() + BACKOFF_MAX_US;
	} else if (c->pid == 0) {
		loop_close();
		/* Families that are being replaced are none of the child's business. */
		for (const struct family *old = f->next; old != NULL; old = old->next)
			close_sockets(old);
		process_leave(c->kind == CHILD_WORKER	 ? be_worker(f, c)
			      : c->kind == CHILD_COURIER ? be_courier(f, c)
							 : be_keeper(f, c));
	}
}

void family_spawn(struct family *f)
{
	int64_t now = ticks_us();

	for (size_t i = 0; i < family_size(f); i++) {
		struct child *c = &f->children[i];
		bool wanted = c->kind != CHILD_WORKER || c->number < f->wanted;

		if (wanted && c->pid == 0 && c->kill_at == 0 && now >= c->not_before)
			spawn(f, c);
	}
}

static void describe(const struct child *c, int status)
{
	static const char *const kinds[] = {
		[CHILD_WORKER] = "worker", [CHILD_COURIER] = "courier", [CHILD_KEEPER] = "keeper"
	};
	const char *kind = kinds[c->kind];

	if (WIFSIGNALED(status))
		log_error("master", "%s %zu (pid %d) was ended by signal %d (%s)", kind, c->number,
			  (int)c->pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (c->kill_at == 0)
		log_error("master", "%s %zu (pid %d) left with status %d", kind, c->number,
			  (int)c->pid, WEXITSTATUS(status));
	else
		log_debug("master", "%s %zu (pid %d) has left", kind, c->number, (int)c->pid);
}

/* Lets the workers know which of their jobs the dead keeper had in hand. */
static void tell_lost(struct family *f, const struct child *c)
{
	char answer[KEEPER_DATAGRAM];
	size_t worker = 0, n = 0;

	while ((n = keeper_lost(&f->shared->board, c->number, answer, &worker)) > 0)
		if (worker < family_clients(f))
			send(f->answers[worker][0], answer, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void back_off(struct child *c)
{
	int64_t now = ticks_us(), wait = BACKOFF_FIRST_US;

	if (now - c->started >= GROWN_UP_US) {
		c->failures = 0;
		c->not_before = 0;
		return;
	}
	for (int i = 0; i < c->failures && wait < BACKOFF_MAX_US; i++)
		wait *= 2;
	c->failures++;
	c->not_before = now + (wait < BACKOFF_MAX_US ? wait : BACKOFF_MAX_US);
}

bool family_reap(struct family *f, pid_t pid, int status)
{
	for (size_t i = 0; i < family_size(f); i++) {
		struct child *c = &f->children[i];

		if (c->pid != pid)
			continue;
		describe(c, status);
		c->pid = 0;
		atomic_store(&family_pulse(f, c)->ready, false);
		if (c->kind == CHILD_KEEPER)
			tell_lost(f, c);
		if (c->kind == CHILD_WORKER)
			atomic_store(&f->shared->board.waiting[c->number], 0);
		if (c->kill_at == 0)
			back_off(c);
		return true;
	}
	return false;
}
