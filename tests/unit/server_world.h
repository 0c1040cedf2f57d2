/* SPDX-License-Identifier: MIT */
/* A server of FastCGI connections and its peers, in one process. */
#pragma once

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "fcgi/fcgi.h"
#include "fcgi/server.h"
#include "task/loop.h"
#include "task/task.h"

/* One request: BEGIN_REQUEST (keep the connection), two pairs, the end of STDIN. */
static const char whole[] = "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0"
			    "\1\4\0\1\0\43\0\0"
			    "\16\3REQUEST_METHODGET"
			    "\13\3REQUEST_URI/ab"
			    "\1\4\0\1\0\0\0\0"
			    "\1\5\0\1\0\0\0\0";
enum { PEERS = 40, TURNS = 100 };

static struct {
	int listener;
	struct http_server *server;
	struct hook hook;
	struct timer due; /* in each turn, so that none waits */
	int turns;	  /* that are left */
} world;

static void on_due(struct timer *t)
{
	(void)t;
}

static void count_turn(struct hook *h)
{
	(void)h;
	timer_set(&world.due, ticks_us());
	if (--world.turns <= 0)
		loop_stop();
}

/* Lets the loop turn, without waiting, until nothing more can come of what was sent. */
static void turn_a_while(void)
{
	world.turns = TURNS;
	loop_run();
}

static int world_make(struct http_server_options o)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	memset(&world, 0, sizeof world);
	world.due.fire = on_due;
	world.hook.before_wait = count_turn;
	world.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	/* An address of the family alone: the kernel chooses a name. */
	if (loop_open() != OK || bind(world.listener, (void *)&any, sizeof any.sun_family) != 0 ||
	    listen(world.listener, PEERS) != 0)
		return -1;
	loop_hook(&world.hook);
	o.listener = world.listener;
	world.server = http_server_make(&o);
	return world.server != NULL && http_server_listen(world.server) ? 0 : -1;
}

static int world_end(void **state)
{
	(void)state;
	http_server_free(world.server);
	loop_close();
	return close(world.listener);
}

static int peer_connect(void)
{
	struct sockaddr_un a = { 0 };
	socklen_t n = sizeof a;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(getsockname(world.listener, (void *)&a, &n), 0);
	assert_int_equal(connect(fd, (void *)&a, n), 0);
	return fd;
}

static void peer_send(int fd)
{
	assert_int_equal(write(fd, whole, sizeof whole - 1), (ssize_t)sizeof whole - 1);
}

static size_t descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}
