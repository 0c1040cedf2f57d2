/* SPDX-License-Identifier: MIT */
/* Connections whose peers leave: who closes a descriptor, and who is served. */
#include "server_world.h"

static struct {
	int served;
	struct hook hook;
	struct watch other; /* opened in the turn in which a reply fails */
	int pipe[2], heard;
} seen;

static void serve(void *ctx, struct http_exchange *x)
{
	(void)ctx;
	seen.served++;
	x->reply.status = 200;
	buf_add(&x->reply.body, STR("hello"));
}

static int set_up(void **state)
{
	struct http_server_options o = { .max_requests = 64,
					 .arena_limit = 1 << 20,
					 .serve = serve };

	(void)state;
	memset(&seen, 0, sizeof seen);
	return world_make(o);
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
	assert_int_equal(seen.served, 0);
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
	assert_int_equal(seen.served, 1);
	assert_true(read(fd, reply, sizeof reply) > 8);
	assert_memory_equal(reply + 8, "Status: 200", 11);
	assert_int_equal(http_server_connections(world.server), 0);
	close(fd);
}

static void on_other(struct watch *w, uint32_t events)
{
	(void)events;
	seen.heard++;
	loop_unwatch(w);
}

/* Runs before the server's own hook: the descriptor of the failed reply is still to be closed. */
static void opens_another(struct hook *h)
{
	(void)h;
	if (seen.served == 0 || seen.other.fd >= 0)
		return;
	assert_int_equal(pipe(seen.pipe), 0);
	assert_int_equal(loop_watch(&seen.other, seen.pipe[0], EPOLLIN), OK);
}

static void test_a_descriptor_opened_meanwhile_stays_watched(void **state)
{
	int fd = peer_connect();

	(void)state;
	seen.other = (struct watch){ .fd = -1, .ready = on_other };
	seen.hook.before_wait = opens_another;
	loop_hook(&seen.hook);
	shutdown(fd, SHUT_RD); /* a peer that asks and does not listen */
	peer_send(fd);
	turn_a_while();
	assert_int_equal(seen.served, 1);
	assert_int_equal(http_server_connections(world.server), 0);
	seen.served = 0;
	assert_int_equal(write(seen.pipe[1], "x", 1), 1);
	turn_a_while();
	assert_int_equal(seen.heard, 1);
	close(fd);
	close(seen.pipe[0]);
	close(seen.pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_failed_reply_closes_nothing),
		cmocka_unit_test_setup_teardown(test_who_has_gone_is_not_served, set_up, world_end),
		cmocka_unit_test_setup_teardown(test_who_sends_no_more_is_answered, set_up,
						world_end),
		cmocka_unit_test_setup_teardown(test_a_descriptor_opened_meanwhile_stays_watched,
						set_up, world_end),
	};

	signal(SIGPIPE, SIG_IGN);
	if (!fcgi_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
