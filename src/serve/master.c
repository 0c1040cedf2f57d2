/* SPDX-License-Identifier: MIT */
/*
 * The master: has the listening socket, forks, watches, respawns; reloads on SIGHUP by replacing
 * workers one by one; drains on SIGTERM and SIGINT. It serves no request.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "serve/prepare.h"
#include "task/loop.h"

enum {
	TICK_US = 500000,	 /* while nothing happens */
	BUSY_TICK_US = 10000,	 /* while something is awaited */
	LEAVE_EXTRA_US = 1000000 /* beyond the drain time before a child is killed */
};

/* The process's own state. */
struct master {
	struct watch signals;
	struct timer tick;
	struct family *current; /* the newest; older ones hang behind it */
	int listener;
	/* Shared by all workers there ever are. */
	struct revoked_board *revoked;
	struct throttle *throttle;
	bool made; /* the listener is ours to remove */
	bool stopping, reload, ready;
	/*
	 * The database was away when it was to be looked at. A process waits for it then, and the
	 * fault that it finds ends the service, if it would have kept that from beginning.
	 */
	bool unseen, looked;
	pid_t look;		 /* 0: nobody is looking */
	int look_status, status; /* of that process, and of ourselves in the end */
	int64_t watched;	 /* tick of the last look at the children */
	int64_t watchdog, watchdog_at;
};

/* Retires workers, and behind them couriers. */
static void retire_clients(struct family *f, size_t below)
{
	int64_t kill_at = ticks_us() + f->conf->server_drain_timeout + LEAVE_EXTRA_US;

	for (size_t i = 0; i < below; i++)
		child_retire(&f->children[i], kill_at);
}

/* Keepers leave last: the workers and couriers that are finishing still need them. */
static void retire_keepers(struct family *f)
{
	for (size_t i = family_clients(f); i < family_size(f); i++)
		child_retire(&f->children[i], ticks_us() + f->conf->server_drain_timeout);
}

static size_t clients_left(const struct family *f)
{
	return family_count(f, CHILD_WORKER) + family_count(f, CHILD_COURIER);
}

static bool worker_ready(struct family *f, size_t number)
{
	return atomic_load(&family_pulse(f, &f->children[number])->ready);
}

/* Starts workers one after the other; each that serves sends one of the older ones home. */
static void advance(struct family *f)
{
	while (f->wanted < f->workers && (f->wanted == 0 || worker_ready(f, f->wanted - 1)))
		f->wanted++;
	if (f->next == NULL)
		return;

	size_t ready = 0;

	while (ready < f->wanted && worker_ready(f, ready))
		ready++;
	for (struct family *old = f->next; old != NULL; old = old->next) {
		size_t below = ready < old->workers ? ready : old->workers;

		retire_clients(old, ready == f->workers ? family_clients(old) : below);
	}
}

static void release_old(struct master *m)
{
	for (struct family **at = &m->current->next; *at != NULL;) {
		struct family *f = *at;
		bool leaving = f->children[0].kill_at != 0;

		for (size_t i = 0; i < family_clients(f); i++)
			leaving = leaving && f->children[i].kill_at != 0;
		if (leaving && clients_left(f) == 0)
			retire_keepers(f);
		if (leaving && clients_left(f) + family_count(f, CHILD_KEEPER) == 0) {
			*at = f->next;
			family_free(f);
			log_info("master", "reload is complete");
		} else {
			at = &f->next;
		}
	}
}

/* Ends the process that looks at the database, if there is one. */
static void end_look(struct master *m)
{
	m->looked = false;
	if (m->look == 0)
		return;
	kill(m->look, SIGKILL);
	waitpid(m->look, NULL, 0);
	m->look = 0;
}

static void reload(struct master *m)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct conf_faults faults = { 0 };
	struct conf *c = a == NULL ? NULL : arena_new(a, struct conf);
	bool unseen = m->unseen;

	m->reload = false;
	if (c == NULL)
		return;

	bool good = conf_load(conf_dir(), environ, a, c, &faults) && conf_check(c, a, &faults) &&
		    prepare_again(c, a, &faults, &unseen);
	struct family *f = good ? family_make(c, a, m->listener, m->revoked, m->throttle) : NULL;

	for (struct conf_fault *fault = faults.first; fault != NULL; fault = fault->next)
		log_error("master", "not reloaded: %s", fault->text.p);
	if (f == NULL) {
		if (faults.n == 0)
			log_error("master", "not reloaded: see the lines before");
		arena_free(a);
		return;
	}
	log_configure(c->log_filter, c->log_format);
	log_info("master", "reloading: %zu workers, %zu keepers", f->workers, f->keepers);
	f->next = m->current;
	m->current = f;
	/* Another database may be meant now. */
	end_look(m);
	m->unseen = unseen;
}

static void stop(struct master *m)
{
	bool again = m->stopping;

	m->stopping = true;
	end_look(m);
	notify("STOPPING=1");
	log_info("master", again ? "stopping at once" : "stopping");
	for (struct family *f = m->current; f != NULL; f = f->next) {
		retire_clients(f, family_clients(f));
		for (size_t i = 0; again && i < family_size(f); i++)
			if (f->children[i].pid != 0)
				kill(f->children[i].pid, SIGKILL);
	}
}

/*
 * The database has been looked at: a fault that would have kept us from beginning ends us, for
 * there is nothing that could be served from it for long.
 */
static void look_is_done(struct master *m)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	struct conf own = *m->current->conf;

	m->looked = m->unseen = false;
	if (a == NULL)
		return;
	m->status = m->look_status;
	if (m->status == EX_OK)
		m->status = prepare_secrets(&own, a, &m->unseen);
	if (m->status != EX_OK)
		stop(m);
	else if (!m->unseen)
		log_info("master", "the database is there, and can be served from");
	if (m->status == EX_OK && own.secret_key.n > m->current->conf->secret_key.n)
		m->reload = true;
	if (own.secret_key.p != m->current->conf->secret_key.p)
		conf_wipe(&own.secret_key);
	arena_free(a);
}

static void reap(struct master *m)
{
	int status = 0;
	pid_t pid = 0;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m->look) {
			m->look = 0;
			m->looked = WIFEXITED(status) && WEXITSTATUS(status) != EX_TEMPFAIL;
			m->look_status = WEXITSTATUS(status);
		}
		for (struct family *f = m->current; f != NULL; f = f->next)
			if (family_reap(f, pid, status))
				break;
	}
}

/* True once everybody has left. */
static bool stopped(struct master *m)
{
	size_t left = 0;

	for (struct family *f = m->current; f != NULL; f = f->next) {
		if (clients_left(f) == 0)
			retire_keepers(f);
		left += clients_left(f) + family_count(f, CHILD_KEEPER);
	}
	return left == 0;
}

static void tell_ready(struct master *m)
{
	struct family *f = m->current;

	if (m->ready || f->wanted < f->workers || !worker_ready(f, f->workers - 1))
		return;
	m->ready = true;
	notify("READY=1\nSTATUS=Serving");
	log_info("master", "serving with %zu workers and %zu keepers", f->workers, f->keepers);
}

static void keep_watchdog(struct master *m, int64_t now)
{
	if (m->watchdog == 0 || now < m->watchdog_at)
		return;
	notify("WATCHDOG=1");
	m->watchdog_at = now + m->watchdog;
}

/* Does what is due; returns whether something is awaited soon. */
static bool look_after(struct master *m)
{
	struct family *f = m->current;

	if (m->looked && !m->stopping)
		look_is_done(m);
	if (m->reload && !m->stopping && f->next == NULL)
		reload(m);
	f = m->current;
	if (m->stopping)
		return !stopped(m) || (loop_stop(), false);
	advance(f);
	family_spawn(f);
	release_old(m);
	tell_ready(m);
	if (m->unseen && m->ready && m->look == 0 && !m->looked)
		m->look = prepare_later(m->current);
	for (size_t i = 0; i < family_size(f); i++)
		if (f->children[i].pid == 0)
			return true;
	return f->next != NULL || f->wanted < f->workers || !m->ready;
}

static void on_tick(struct timer *t)
{
	struct master *m = OWNER_OF(t, struct master, tick);
	int64_t now = ticks_us();
	bool soon = look_after(m);

	if (now - m->watched >= TICK_US) {
		m->watched = now;
		for (struct family *f = m->current; f != NULL; f = f->next)
			family_watch(f);
	}
	keep_watchdog(m, now);
	timer_set(t, now + (soon ? BUSY_TICK_US : TICK_US));
}

static void on_signal(struct watch *w, uint32_t events)
{
	struct master *m = OWNER_OF(w, struct master, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			reap(m);
		else if (info.ssi_signo == SIGHUP)
			m->reload = true;
		else
			stop(m);
	}
	timer_clear(&m->tick);
	on_tick(&m->tick);
}

static int serve(struct master *m, struct conf *conf, struct arena *settings)
{
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);
	int status = prepare_database(conf, &m->unseen), signals = -1;

	if (status == EX_OK)
		status = prepare_secrets(conf, settings, &m->unseen);
	if (status != EX_OK || a == NULL) {
		arena_free(a);
		return status == EX_OK ? EX_OSERR : status;
	}
	m->current = family_make(conf, a, m->listener, m->revoked, m->throttle);
	if (m->current == NULL) { /* the cause was logged */
		arena_free(a);
		return EX_OSERR;
	}
	signals = process_signals();
	if (signals < 0 || loop_open() != OK || loop_watch(&m->signals, signals, EPOLLIN) != OK) {
		log_error("master", "cannot start: out of memory or descriptors");
		return EX_OSERR;
	}
	m->current->wanted = m->current->workers;
	on_tick(&m->tick);
	loop_run();
	while (m->current != NULL) {
		struct family *f = m->current;

		m->current = f->next;
		family_free(f);
	}
	loop_close();
	close(signals);
	log_info("master", "stopped");
	return m->status;
}

/* Memory that this process and its children have in common. */
static void *share(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int master_run(struct conf *conf, struct arena *settings)
{
	struct master m = { .signals = { .fd = -1, .ready = on_signal },
			    .tick.fire = on_tick,
			    .watchdog = notify_watchdog_us() };
	int status = EX_OSERR;

	m.revoked = share(sizeof *m.revoked);
	m.throttle = share(sizeof *m.throttle);
	if (m.revoked == NULL || m.throttle == NULL) {
		log_error("master", "cannot start: out of memory");
		return status;
	}
	throttle_init(m.throttle);
	m.listener = listener_take(conf, &m.made, &status);
	if (m.listener < 0)
		return status;
	status = serve(&m, conf, settings);
	if (m.made)
		listener_remove(conf);
	close(m.listener);
	return status;
}
