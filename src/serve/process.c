/* SPDX-License-Identifier: MIT */
#include "serve/process.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "gen/statements.h"

void process_signal_set(sigset_t *set)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(set, numbers[i]);
}

int process_signals(void)
{
	sigset_t set;

	/* libfcgi and libpq write to sockets whose peer may be gone. */
	signal(SIGPIPE, SIG_IGN);
	process_signal_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void process_child(const char *name, pid_t master)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* A master that died before that line sends no signal any more. */
	if (getppid() != master)
		_exit(EX_UNAVAILABLE);
	log_forget();
}

/* A copy of its own: what the master has stays as it is. */
static void wipe(struct secret s)
{
	if (s.n > 0)
		sodium_memzero((void *)s.p, s.n);
}

static void wipe_variable(const char *name)
{
	const char *value = getenv(name);

	wipe((struct secret){ value, value == NULL ? 0 : strlen(value) });
}

void process_forget(const struct conf *c, unsigned int keep)
{
	static const char *const variables[] = { "APP__JWT_SECRET", "APP__SECRET_KEY",
						 "APP__DATABASE__URL", "DATABASE_URL",
						 "APP__MAIL__PASSWORD" };
	const struct {
		enum keep keep;
		struct secret secret;
	} secrets[] = {
		{ KEEP_JWT_SECRET, c->jwt_secret },
		{ KEEP_SECRET_KEY, c->secret_key },
		{ KEEP_DATABASE_URL, c->database_url },
		{ KEEP_MAIL_PASSWORD, c->mail_password },
	};

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if ((keep & secrets[i].keep) == 0)
			wipe(secrets[i].secret);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		wipe_variable(variables[i]);
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
		.statements = db_statements,
		.connections = connections,
		.sharing = sharing,
		.acquire_timeout_us = c->database_acquire_timeout,
		.statement_timeout_us = c->database_statement_timeout,
		.lock_timeout_us = c->database_lock_timeout,
		.pipeline = c->database_pipeline,
	};
}
