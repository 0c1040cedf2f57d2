/* SPDX-License-Identifier: MIT */
/*
 * The yardstick: the least that a FastCGI program on libfcgi can do. N processes share a unix
 * socket, keep their connections, and answer everything with the same 150 bytes.
 *
 *	responder SOCKET [PROCESSES]
 */
#include <fcgiapp.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CONNECTIONS = 4096, /* by descriptor; nginx opens one a request in flight */
	EVENTS = 128,
	BACKLOG = 1024,
	PROCESSES_MAX = 64
};

/* As long as the reply with one user is. */
#define BODY                                                                                       \
	"{\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"email\":\"someone@mail.example.org\"," \
	"\"name\":\"Some One And More\",\"created_at\":\"2026-11-22T12:34:56.123456Z\"}"

static const char reply[] = "Status: 200 OK\r\n"
			    "Content-Type: application/json\r\n"
			    "Content-Length: 150\r\n"
			    "\r\n" BODY;

_Static_assert(sizeof BODY - 1 == 150, "as Content-Length says");

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "responder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listener_make(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(address.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, BACKLOG) != 0)
		die(path);
	return fd;
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		die("epoll_ctl");
}

/* One at a time: who takes them all leaves the other processes without work. */
static void accept_one(int epoll, int listener, FCGX_Request *requests)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return; /* another process was faster */
	if (fd >= CONNECTIONS) {
		close(fd);
		return;
	}
	/* No listener for libfcgi: it must never wait in an accept of its own. */
	FCGX_InitRequest(&requests[fd], -1, 0);
	requests[fd].ipcFd = fd;
	requests[fd].keepConnection = 1; /* or the first FCGX_Accept_r closes it */
	watch(epoll, fd, EPOLLIN);
}

/* Closing takes the descriptor out of the epoll set. */
static void answer(FCGX_Request *request)
{
	char body[4096];

	if (FCGX_Accept_r(request) < 0)
		return;
	while (FCGX_GetStr(body, sizeof body, request->in) == (int)sizeof body)
		;
	FCGX_PutStr(reply, sizeof reply - 1, request->out);
	FCGX_Finish_r(request);
}

static _Noreturn void respond(int listener)
{
	FCGX_Request *requests = calloc(CONNECTIONS, sizeof *requests);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (requests == NULL || epoll < 0 || FCGX_Init() != 0)
		die("start");
	signal(SIGTERM, SIG_DFL); /* libfcgi's handler only sets a flag */
	watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_one(epoll, listener, requests);
			else
				answer(&requests[events[i].data.fd]);
		}
	}
}

int main(int argc, char *argv[])
{
	pid_t children[PROCESSES_MAX] = { 0 };
	int processes = argc > 2 ? atoi(argv[2]) : 2, got = 0;
	sigset_t ends;

	if (argc < 2 || argc > 3 || processes < 1 || processes > PROCESSES_MAX) {
		fputs("usage: responder SOCKET [PROCESSES]\n", stderr);
		return 64;
	}

	int listener = listener_make(argv[1]);

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	for (int i = 0; i < processes; i++) {
		children[i] = fork();
		if (children[i] < 0)
			die("fork");
		if (children[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			sigprocmask(SIG_UNBLOCK, &ends, NULL);
			respond(listener);
		}
	}
	sigwait(&ends, &got);
	for (int i = 0; i < processes; i++)
		kill(children[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	unlink(argv[1]);
	return 0;
}
