/* SPDX-License-Identifier: MIT */
/* Connections whose peers leave: who closes a descriptor, and who is served. */
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
	int served;
	struct hook hook;
	struct timer end; /* is due in each turn, until there were as many as that */
	int turns;
	struct watch other; /* opened in the turn in which a reply fails */
	int pipe[2], heard;
} world;

static void serve(void *ctx, struct http_exchange *x)
{
	(void)ctx;
	world.served++;
	x->reply.status = 200;
	buf_add(&x->reply.body, STR("hello"));
}

static void on_end(struct timer *t)
{
	if (--world.turns == 0)
		return loop_stop();
	timer_set(t, ticks_us() + 1);
}

/* Lets the loop turn, without waiting, until nothing more can come of what was sent. */
static void turn_a_while(void)
{
	world.turns = TURNS;
	timer_set(&world.end, ticks_us());
	loop_run();
}

static int set_up(void **state)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct http_server_options o = { .max_requests = 64,
					 .arena_limit = 1 << 20,
					 .serve = serve };

	(void)state;
	memset(&world, 0, sizeof world);
	world.end.fire = on_end;
	world.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	/* An address of the family alone: the kernel chooses a name. */
	if (loop_open() != OK || bind(world.listener, (void *)&any, sizeof any.sun_family) != 0 ||
	    listen(world.listener, PEERS) != 0)
		return -1;
	o.listener = world.listener;
	world.server = http_server_make(&o);
	return world.server != NULL && http_server_listen(world.server) ? 0 : -1;
}

static int tear_down(void **state)
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

static void test_a_failed_reply_closes_nothing(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct http_request r = { 0 };
	struct http_reply reply = { .status = 200, .headers = buf_make(a, 64) };
	FCGX_Request f;
	bool keep = false;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcgi_open(&f, pair[1]);
	assert_true(fcgi_read(&f, (struct str){ whole, sizeof whole - 1 }, a, &r, &keep));
	close(pair[0]);
	reply.body = buf_make(a, 8);
	assert_false(fcgi_reply(&f, &reply));
	assert_int_equal(close(pair[1]), 0);
	/* Nor do records that libfcgi refuses. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcgi_open(&f, pair[1]);
	assert_false(fcgi_read(&f, (struct str){ whole, 12 }, a, &r, &keep));
	fcgi_drop(&f);
	close(pair[0]);
	assert_int_equal(close(pair[1]), 0);
	arena_free(a);
}

static void test_who_has_gone_is_not_served(void **state)
{
	size_t before = descriptors();

	(void)state;
	for (int i = 0; i < PEERS; i++) {
		int fd = peer_connect();

		peer_send(fd);
		close(fd);
	}
	turn_a_while();
	assert_int_equal(world.served, 0);
	assert_int_equal(http_server_connections(world.server), 0);
	assert_int_equal(descriptors(), before);
}

static void test_who_sends_no_more_is_answered(void **state)
{
	char reply[256] = "";
	int fd = peer_connect();

	(void)state;
	peer_send(fd);
	shutdown(fd, SHUT_WR);
	turn_a_while();
	assert_int_equal(world.served, 1);
	assert_true(read(fd, reply, sizeof reply) > 8);
	assert_memory_equal(reply + 8, "Status: 200", 11);
	assert_int_equal(http_server_connections(world.server), 0);
	close(fd);
}

static void on_other(struct watch *w, uint32_t events)
{
	(void)events;
	world.heard++;
	loop_unwatch(w);
}

/* Runs before the server's own hook: the descriptor of the failed reply is still to be closed. */
static void opens_another(struct hook *h)
{
	(void)h;
	if (world.served == 0 || world.other.fd >= 0)
		return;
	assert_int_equal(pipe(world.pipe), 0);
	assert_int_equal(loop_watch(&world.other, world.pipe[0], EPOLLIN), OK);
}

static void test_a_descriptor_opened_meanwhile_stays_watched(void **state)
{
	int fd = peer_connect();

	(void)state;
	world.other = (struct watch){ .fd = -1, .ready = on_other };
	world.hook.before_wait = opens_another;
	loop_hook(&world.hook);
	shutdown(fd, SHUT_RD); /* a peer that asks and does not listen */
	peer_send(fd);
	turn_a_while();
	assert_int_equal(world.served, 1);
	assert_int_equal(http_server_connections(world.server), 0);
	world.served = 0;
	assert_int_equal(write(world.pipe[1], "x", 1), 1);
	turn_a_while();
	assert_int_equal(world.heard, 1);
	close(fd);
	close(world.pipe[0]);
	close(world.pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_failed_reply_closes_nothing),
		cmocka_unit_test_setup_teardown(test_who_has_gone_is_not_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_sends_no_more_is_answered, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_descriptor_opened_meanwhile_stays_watched,
						set_up, tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	if (!fcgi_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
