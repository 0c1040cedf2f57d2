/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/intake.h"

/* One request: BEGIN_REQUEST, a pair of PARAMS and their end, the end of STDIN. */
static const uint8_t whole[] = {
	1, 1, 0, 1, 0,	 8,   0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 4, 0, 1, 0, 4,
	0, 0, 1, 1, 'A', 'b', 1, 4, 0, 1, 0, 0, 0, 0, 1, 5, 0, 1, 0, 0, 0, 0,
};
enum { PEERS = 64 };

static struct intake intake;

struct peer {
	int ours, theirs;
	struct partial partial;
};

static struct peer peer_make(void)
{
	int fds[2], room = 1 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return (struct peer){ .ours = fds[0], .theirs = fds[1] };
}

static void peer_send(const struct peer *p, const void *bytes, size_t n)
{
	assert_int_equal(write(p->theirs, bytes, n), (ssize_t)n);
}

static enum intake_state peer_read(struct peer *p, struct str *request)
{
	return intake_read(&intake, &p->partial, p->ours, request);
}

static void peer_end(struct peer *p)
{
	partial_drop(&intake, &p->partial);
	close(p->ours);
	close(p->theirs);
}

static void assert_whole(struct str request)
{
	assert_int_equal(request.n, sizeof whole);
	assert_memory_equal(request.p, whole, sizeof whole);
	assert_int_equal(intake.held, 0);
}

static void gives_a_whole_request_at_once(void **state)
{
	struct peer p = peer_make();
	struct str request = { 0 };

	(void)state;
	assert_int_equal(peer_read(&p, &request), INTAKE_NOTHING);
	for (int i = 0; i < 3; i++) {
		peer_send(&p, whole, sizeof whole);
		assert_int_equal(peer_read(&p, &request), INTAKE_WHOLE);
		assert_whole(request);
		assert_int_equal(peer_read(&p, &request), INTAKE_NOTHING);
	}
	peer_end(&p);
}

/* Cut at every byte, with another connection's request in between. */
static void holds_what_is_not_whole(void **state)
{
	struct peer p = peer_make(), other = peer_make();
	struct str request = { 0 };

	(void)state;
	for (size_t cut = 1; cut < sizeof whole; cut++) {
		peer_send(&p, whole, cut);
		assert_int_equal(peer_read(&p, &request), INTAKE_MORE);
		assert_int_equal(intake.held, cut);
		memset(intake.room, 0xee, sizeof whole);
		peer_send(&other, whole, 1);
		assert_int_equal(peer_read(&other, &request), INTAKE_MORE);
		assert_int_equal(peer_read(&p, &request), INTAKE_NOTHING);
		partial_drop(&intake, &other.partial);
		peer_send(&p, whole + cut, sizeof whole - cut);
		assert_int_equal(peer_read(&p, &request), INTAKE_WHOLE);
		assert_whole(request);
		peer_end(&other);
		other = peer_make();
	}
	peer_end(&p);
	peer_end(&other);
}

static void refuses_what_is_not_one_request(void **state)
{
	struct peer p = peer_make();
	struct str request = { 0 };
	uint8_t two[2 * sizeof whole];

	(void)state;
	memcpy(two, whole, sizeof whole);
	memcpy(two + sizeof whole, whole, sizeof whole);
	peer_send(&p, two, sizeof whole + 1);
	assert_int_equal(peer_read(&p, &request), INTAKE_BAD);
	peer_send(&p, two, sizeof two);
	assert_int_equal(peer_read(&p, &request), INTAKE_BAD);
	peer_send(&p, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(peer_read(&p, &request), INTAKE_BAD);
	assert_int_equal(intake.held, 0);
	peer_end(&p);
}

static void sees_the_end(void **state)
{
	struct peer p = peer_make();
	struct str request = { 0 };

	(void)state;
	peer_send(&p, whole, 20);
	assert_int_equal(peer_read(&p, &request), INTAKE_MORE);
	close(p.theirs);
	assert_int_equal(peer_read(&p, &request), INTAKE_ENDED);
	peer_end(&p);
	assert_int_equal(intake.held, 0);
}

/* Many peers that stop in the middle of the largest request there may be cannot fill the memory. */
static void holds_a_bounded_number_of_bytes(void **state)
{
	static uint8_t large[sizeof whole + 60000];
	struct peer peers[PEERS * 4];
	struct str request = { 0 };
	size_t refused = 0;

	(void)state;
	/* Begun and never ended: PARAMS of one record, whose pair is not whole. */
	memcpy(large, whole, 16);
	memcpy(large + 16, (const uint8_t[]){ 1, 4, 0, 1, 0xea, 0x60, 0, 0 }, 8);
	for (size_t i = 0; i < PEERS * 4; i++) {
		peers[i] = peer_make();
		peer_send(&peers[i], large, 60000);
		refused += peer_read(&peers[i], &request) == INTAKE_BAD;
		assert_true(intake.held <= 8 * 1024 * 1024);
	}
	assert_true(refused > 0);
	assert_true(refused < PEERS * 4);
	for (size_t i = 0; i < PEERS * 4; i++)
		peer_end(&peers[i]);
	assert_int_equal(intake.held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_a_whole_request_at_once),
		cmocka_unit_test(holds_what_is_not_whole),
		cmocka_unit_test(refuses_what_is_not_one_request),
		cmocka_unit_test(sees_the_end),
		cmocka_unit_test(holds_a_bounded_number_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
