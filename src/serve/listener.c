/* SPDX-License-Identifier: MIT */
/*
 * The listening socket: handed in as LISTEN_FDS (systemd, sd_listen_fds(3)) or as descriptor 0
 * (spawn-fcgi, systemd with StandardInput=socket), otherwise made here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/process.h"

enum { FIRST_FD = 3 /* SD_LISTEN_FDS_START */, MODE = 0660 };

static bool listening(int fd)
{
	int yes = 0;
	socklen_t n = sizeof yes;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes != 0;
}

static int handed_in(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	int64_t count = 0, owner = 0;

	if (fds != NULL && pid != NULL && str_to_i64(str_from(fds), 1, 1, &count) &&
	    str_to_i64(str_from(pid), 1, INT32_MAX, &owner) && owner == getpid() &&
	    listening(FIRST_FD))
		return FIRST_FD;
	return listening(STDIN_FILENO) ? STDIN_FILENO : -1;
}

/* Removes a socket that nobody listens on any more; false when somebody does. */
static bool clear_path(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool taken = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) == 0;

	if (!taken && errno == EAGAIN)
		taken = true; /* the queue is full: somebody is behind the socket */
	else if (!taken && errno == ECONNREFUSED)
		unlink(a->sun_path);
	if (fd >= 0)
		close(fd);
	return !taken;
}

static int make(const struct conf *c, int *status)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*status = EX_OSERR;
	if (fd < 0 || c->server_listen.n >= sizeof a.sun_path)
		return fd;
	memcpy(a.sun_path, c->server_listen.p, c->server_listen.n);
	if (!clear_path(&a)) {
		log_error("master", "%s is in use by a running process", a.sun_path);
		close(fd);
		return -1;
	}

	/* The socket is never open to more users than it should be, not even for a moment. */
	mode_t before = umask(0777 & ~MODE);
	int failed = bind(fd, (const struct sockaddr *)&a, sizeof a);

	umask(before);
	if (failed || listen(fd, (int)c->server_backlog) != 0) {
		log_error("master", "cannot listen on %s: %s (server.listen)", a.sun_path,
			  strerror(errno));
		*status = EX_CANTCREAT;
		close(fd);
		return -1;
	}
	return fd;
}

int listener_take(const struct conf *c, bool *made, int *status)
{
	int fd = handed_in();

	*made = fd < 0;
	if (fd < 0)
		fd = make(c, status);
	if (fd < 0)
		return -1;
	/* Several workers race for a connection; the ones that lose must not block. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

void listener_remove(const struct conf *c)
{
	unlink(c->server_listen.p);
}
