/* SPDX-License-Identifier: MIT */
/* Replies in pieces, and peers that are slow, or leave: at each place where a task can sleep. */
#include "stream_world.h"

/* Lets real time pass until a handler has returned. */
static void turn_until_returned(int handlers)
{
	while (handler.returned < handlers)
		turn_a_while();
	turn_a_while();
}

/* A peer that looks must be able to tell: there is no end, and the connection is closed. */
static void cut_reply(const struct peer *p)
{
	assert_false(p->ended);
	assert_true(p->closed);
}

static void pieces_arrive_in_order_and_whole(void **state)
{
	size_t fds = descriptors();
	struct peer p = peer_ask("sLsbLL");

	(void)state;
	assert_int_equal(handler.returned, 0);
	peer_read_all(&p);
	whole_reply(&p, 2 * SMALL + 3 * LARGE);
	assert_false(p.closed);
	peer_leave(&p);
	as_at_first(fds);
}

static void a_reply_may_have_no_body(void **state)
{
	struct peer p = peer_ask("b");

	(void)state;
	peer_read_all(&p);
	whole_reply(&p, 0);
	peer_leave(&p);
}

static void a_slow_reader_holds_nobody_up_and_little_memory(void **state)
{
	size_t fds = descriptors();
	struct peer slow = peer_ask("LLLL"), other = { 0 };
	int queued = 0;

	(void)state;
	assert_int_equal(handler.returned, 0);
	other = peer_ask("");
	peer_read_all(&other);
	assert_true(other.ended);
	assert_int_equal(ioctl(slow.fd, FIONREAD, &queued), 0);
	assert_in_range(queued, 1, 160 * 1024);
	for (size_t seen = SIZE_MAX; seen != slow.body;) {
		seen = slow.body;
		peer_read(&slow, 10000);
		turn_a_while();
	}
	whole_reply(&slow, 4 * LARGE);
	peer_leave(&other);
	peer_leave(&slow);
	as_at_first(fds);
}

static void the_connection_is_kept_and_serves_the_next(void **state)
{
	size_t fds = descriptors();
	struct peer p = peer_ask("LL");

	(void)state;
	peer_read_all(&p);
	whole_reply(&p, 2 * LARGE);
	for (int i = 0; i < 3; i++) {
		struct peer again = { .fd = p.fd };

		handler.script = i == 1 ? "Ls" : "";
		peer_send(p.fd);
		peer_read_all(&again);
		whole_reply(&again, i == 1 ? LARGE + SMALL : SMALL);
	}
	peer_leave(&p);
	as_at_first(fds);
}

static void who_leaves_is_noticed_wherever_the_task_sleeps(void **state)
{
	/* Before the first piece; while one waits for room; between two; with the end to be sent.
	 */
	static const char *const scripts[] = { "ws", "wL", "L", "bL", "sL", "sws", "LwL", "sw" };

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		size_t fds = descriptors();
		struct peer p = peer_ask(scripts[i]);

		peer_read(&p, i * 1000);
		peer_leave(&p);
		turn_a_while();
		assert_int_equal(handler.returned, 1);
		assert_int_equal(handler.failed, ERR_CANCELLED);
		as_at_first(fds);
		handler.returned = 0;
	}
}

static void who_leaves_during_the_last_is_noticed(void **state)
{
	size_t fds = descriptors();
	struct peer p = { .fd = peer_connect() };
	char script[200] = "";

	(void)state;
	/* As much as the socket takes and not one piece more: then the end does not fit. */
	for (int i = 0; i < 199; i++) {
		script[i] = 's';
		handler.script = script;
		handler.returned = 0;
		close(p.fd);
		turn_a_while();
		p = peer_ask(script);
		if (handler.returned == 1 && http_server_requests(world.server) == 1)
			break;
	}
	assert_int_equal(handler.returned, 1);
	assert_int_equal(http_server_requests(world.server), 1);
	peer_leave(&p);
	as_at_first(fds);
}

static void events_of_one_turn_come_in_any_order(void **state)
{
	size_t fds = descriptors();

	(void)state;
	/* Room and the peer's end; the same with what is told to end, before and behind it. */
	for (int i = 0; i < 6; i++) {
		struct peer p = peer_ask(i % 2 == 0 ? "LL" : "sLw");

		handler.returned = 0;
		if (i >= 4)
			http_server_cut(world.server);
		for (int n = 0; n < 20; n++)
			peer_read(&p, 16000);
		tell();
		close(p.fd);
		if (i == 2 || i == 3)
			http_server_cut(world.server);
		turn_a_while();
		assert_int_equal(handler.returned, 1);
		assert_int_equal(handler.failed, ERR_CANCELLED);
		as_at_first(fds);
	}
}

static void a_drain_lets_them_finish_and_then_ends_them(void **state)
{
	size_t fds = descriptors();
	struct peer whole_one = peer_ask("Ls"), parked = peer_ask("LL"), between = peer_ask("sw");

	(void)state;
	http_server_drain(world.server);
	peer_read_all(&whole_one);
	whole_reply(&whole_one, LARGE + SMALL);
	assert_int_equal(http_server_requests(world.server), 2);
	http_server_cut(world.server);
	turn_a_while();
	assert_int_equal(http_server_requests(world.server), 0);
	peer_read_all(&parked);
	peer_read_all(&between);
	cut_reply(&parked);
	assert_true(parked.broken);
	cut_reply(&between);
	assert_true(between.broken);
	peer_leave(&parked);
	peer_leave(&between);
	peer_leave(&whole_one);
	assert_true(http_server_listen(world.server));
	as_at_first(fds);
}

static void there_are_so_many_and_the_next_is_told(void **state)
{
	size_t fds = descriptors();
	struct peer p[STREAMS], more = { 0 };

	(void)state;
	for (size_t i = 0; i < STREAMS; i++)
		p[i] = peer_ask("L");
	handler.returned = 0;
	more = peer_ask("L");
	peer_read_all(&more);
	assert_int_equal(handler.failed, ERR_BUSY);
	assert_int_equal(more.status, 503);
	assert_true(more.ended);
	peer_leave(&more);
	/* A place that is free again is taken by the next. */
	peer_leave(&p[1]);
	p[1] = peer_ask("L");
	for (size_t i = 0; i < STREAMS; i++) {
		peer_read_all(&p[i]);
		whole_reply(&p[i], LARGE);
		peer_leave(&p[i]);
	}
	as_at_first(fds);
}

static void a_place_is_taken_before_there_is_anything_to_send(void **state)
{
	/* It is given back by whoever sends nothing, has no memory, or leaves. */
	static const char *const scripts[] = { "rw", "rwo", "rwL" };
	size_t fds = descriptors();

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct peer p[STREAMS], more = { 0 };

		for (size_t j = 0; j < STREAMS; j++)
			p[j] = peer_ask(scripts[i]);
		more = peer_ask("r");
		assert_int_equal(handler.failed, ERR_BUSY);
		peer_read_all(&more);
		assert_int_equal(more.status, 503);
		peer_leave(&more);
		tell();
		turn_a_while();
		for (size_t j = 0; j < STREAMS; j++)
			peer_leave(&p[j]);
		as_at_first(fds);
	}
}

static void what_goes_wrong_behind_the_first_piece_is_seen(void **state)
{
	static const struct {
		const char *script;
		enum err failed;
	} cases[] = { { "sx", ERR_INTERNAL },
		      { "Lx", ERR_INTERNAL },
		      { "bx", ERR_INTERNAL },
		      { "so", OK }, /* it does not return */
		      { "LLo", OK } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t fds = descriptors();
		struct peer p = peer_ask(cases[i].script);

		peer_read_all(&p);
		cut_reply(&p);
		assert_true(p.broken);
		assert_int_equal(p.status, 200);
		assert_int_equal(handler.failed, cases[i].failed);
		peer_leave(&p);
		as_at_first(fds);
	}
}

static void what_goes_wrong_before_it_is_told(void **state)
{
	size_t fds = descriptors();
	struct peer p = peer_ask("os");

	(void)state;
	peer_read_all(&p);
	assert_int_equal(handler.begun, 2);
	assert_int_equal(p.status, 503);
	assert_true(p.ended);
	peer_leave(&p);
	as_at_first(fds);
}

/* By who takes nothing, and by the end of its time: while it waits for room, and between two. */
static void time_is_up(void **state)
{
	static const char *const scripts[] = { "LL", "sLw" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct peer p = peer_ask(scripts[i]);

		turn_until_returned((int)i + 1);
		assert_int_equal(handler.failed, ERR_DEADLINE);
		peer_read_all(&p);
		cut_reply(&p);
		assert_true(p.broken);
		peer_leave(&p);
	}
}

static void a_task_whose_time_is_up_ends_between_pieces(void **state)
{
	struct peer p = peer_ask("sw");

	(void)state;
	turn_until_returned(1);
	assert_int_equal(handler.failed, ERR_DEADLINE);
	peer_read_all(&p);
	cut_reply(&p);
	assert_true(p.broken);
	peer_leave(&p);
}

static void who_may_no_longer_have_it_is_cut_off(void **state)
{
	static const char *const scripts[] = { "swss", "sL" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t fds = descriptors();
		struct peer p = peer_ask(scripts[i]);

		handler.returned = 0;
		handler.still = ERR_TOKEN_REVOKED;
		tell();
		turn_until_returned(1);
		assert_int_equal(handler.failed, ERR_TOKEN_REVOKED);
		peer_read_all(&p);
		cut_reply(&p);
		assert_true(p.broken);
		assert_in_range(p.body, 1, FILLING);
		peer_leave(&p);
		as_at_first(fds);
	}
}

static void nothing_follows_what_could_not_be_sent(void **state)
{
	struct peer p = peer_ask("Lnssn");

	(void)state;
	turn_until_returned(1);
	peer_read_all(&p);
	cut_reply(&p);
	peer_leave(&p);
}

/* A second request behind the first: it is not read before the first was answered. */
static void who_asks_again_too_early_waits(void **state)
{
	struct peer p = peer_ask("sLw"), again = { 0 };

	(void)state;
	peer_send(p.fd);
	turn_a_while();
	assert_int_equal(handler.begun, 1);
	for (int i = 0; i < 300; i++) {
		peer_read(&p, 16000);
		turn_a_while();
	}
	handler.script = "s";
	tell();
	for (int i = 0; i < 300 && !p.ended; i++) {
		turn_a_while();
		peer_read(&p, 8);
	}
	whole_reply(&p, SMALL + LARGE);
	again.fd = p.fd;
	peer_read_all(&again);
	whole_reply(&again, SMALL);
	peer_leave(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, streams_begin, world_end)
		STREAM_TEST(pieces_arrive_in_order_and_whole),
		STREAM_TEST(a_reply_may_have_no_body),
		STREAM_TEST(a_slow_reader_holds_nobody_up_and_little_memory),
		STREAM_TEST(the_connection_is_kept_and_serves_the_next),
		STREAM_TEST(who_leaves_is_noticed_wherever_the_task_sleeps),
		STREAM_TEST(who_leaves_during_the_last_is_noticed),
		STREAM_TEST(events_of_one_turn_come_in_any_order),
		STREAM_TEST(a_drain_lets_them_finish_and_then_ends_them),
		STREAM_TEST(there_are_so_many_and_the_next_is_told),
		STREAM_TEST(a_place_is_taken_before_there_is_anything_to_send),
		STREAM_TEST(what_goes_wrong_behind_the_first_piece_is_seen),
		STREAM_TEST(what_goes_wrong_before_it_is_told),
		cmocka_unit_test_setup_teardown(time_is_up, streams_begin_impatient, world_end),
		cmocka_unit_test_setup_teardown(time_is_up, streams_begin_short, world_end),
		cmocka_unit_test_setup_teardown(a_task_whose_time_is_up_ends_between_pieces,
						streams_begin_short, world_end),
		STREAM_TEST(who_may_no_longer_have_it_is_cut_off),
		cmocka_unit_test_setup_teardown(nothing_follows_what_could_not_be_sent,
						streams_begin_impatient, world_end),
		STREAM_TEST(who_asks_again_too_early_waits),
#undef STREAM_TEST
	};

	signal(SIGPIPE, SIG_IGN);
	if (!fcgi_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
