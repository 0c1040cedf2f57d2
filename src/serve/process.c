/* SPDX-License-Identifier: MIT */
#include "serve/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef POSTERN_SAN
#include <sanitizer/lsan_interface.h>
#endif

#include "base/log.h"
#include "task/loop.h"

void process_signal_set(sigset_t *set)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(set, numbers[i]);
}

/* The descriptor from which this process reads its signals; -1: none. */
static int signals = -1;

int process_signals(void)
{
	sigset_t set;

	/* libfcgi and libpq write to sockets whose peer may be gone. */
	signal(SIGPIPE, SIG_IGN);
	process_signal_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return signals;
}

void process_child(const char *name, pid_t master)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* A master that died before that line sends no signal any more. */
	if (getppid() != master)
		_exit(EX_UNAVAILABLE);
	/* The master's descriptor is none of the child's business. */
	if (signals >= 0)
		close(signals);
	signals = -1;
	log_forget();
}

int process_apart(const char *name, int (*run)(const struct conf *c), const struct conf *c)
{
	pid_t master = getpid();
	int status = 0;

	log_flush();

	pid_t pid = fork();

	if (pid == 0) {
		process_child(name, master);
		loop_close();
		status = run(c);
		log_flush();
		_exit(status);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_OSERR;
	if (pid < 0 || !WIFEXITED(status)) {
		log_error("master", "%s has not come to its end", name);
		return EX_OSERR;
	}
	return WEXITSTATUS(status);
}

void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path == NULL ? 0 : strlen(path);

	if (n == 0 || n >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, n);
	/* "@" stands for the abstract namespace. */
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';

	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

int64_t notify_watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t v = 0, p = getpid();

	if (us == NULL || !str_to_i64(str_from(us), 1, INT64_MAX, &v))
		return 0;
	if (pid != NULL && (!str_to_i64(str_from(pid), 1, INT32_MAX, &p) || p != getpid()))
		return 0;
	return v / 2;
}

struct pool_options process_pool(const struct conf *c, size_t connections, size_t sharing)
{
	return (struct pool_options){
		.url = c->database_url,
		.connections = connections,
		.sharing = sharing,
		.acquire_timeout_us = c->database_acquire_timeout,
		.statement_timeout_us = c->database_statement_timeout,
		.lock_timeout_us = c->database_lock_timeout,
		.pipeline = c->database_pipeline,
	};
}

_Noreturn void process_leave(int status)
{
	log_flush();
#ifdef POSTERN_SAN
	__lsan_do_leak_check();
#endif
	_exit(status);
}
