/* SPDX-License-Identifier: MIT */
/* Replies in pieces, with peers, handlers and what ends them in any order. */
#include "stream_world.h"

enum { WALKERS = 6, WALKS = 25, STEPS = 120 };

/* The same numbers each time: what was found can be found again. */
static unsigned dice(unsigned sides)
{
	static uint64_t state = 88172645463325252U;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % sides);
}

/* A reply that says it is whole is; whoever was cut off can see it. */
static void reply_judge(const struct peer *p, size_t bytes)
{
	if (p->ended && p->status == 200)
		assert_int_equal(p->body, bytes);
	if (p->ended)
		assert_false(p->broken);
}

struct walker {
	struct peer peer;
	size_t bytes; /* of the reply that it has asked for */
	bool here;
};

static void walker_ask(struct walker *w)
{
	static const struct {
		const char *script;
		size_t bytes;
	} asked[] = { { "sws", 2 * SMALL },
		      { "L", LARGE },
		      { "wLwL", 2 * LARGE },
		      { "bwsx", SIZE_MAX },
		      { "sLo", SIZE_MAX },
		      { "wo", SIZE_MAX },
		      { "b", 0 },
		      { "wx", SIZE_MAX },
		      { "ssssLssss", 8 * SMALL + LARGE },
		      { "swLnss", SMALL + LARGE + 2 * SMALL },
		      { "rws", SMALL },
		      { "rwo", SIZE_MAX } };
	unsigned i = dice(sizeof asked / sizeof *asked);

	if (!w->here)
		w->peer.fd = peer_connect();
	w->peer = (struct peer){ .fd = w->peer.fd };
	w->here = true;
	w->bytes = asked[i].bytes;
	handler.script = asked[i].script;
	/* The other side may have closed by now. */
	if (write(w->peer.fd, whole, sizeof whole - 1) < 0)
		w->peer.closed = true;
	/* The script is read when the handler begins. */
	turn_a_while();
}

static void walker_leave(struct walker *w)
{
	reply_judge(&w->peer, w->bytes);
	close(w->peer.fd);
	w->here = false;
}

static void walker_step(struct walker *w)
{
	if (!w->here)
		return walker_ask(w);
	switch (dice(10)) {
	case 0:
		return walker_leave(w);
	case 1:
		shutdown(w->peer.fd, SHUT_WR);
		break;
	case 2:
		if (w->peer.ended && !w->peer.closed && w->peer.fd >= 0)
			walker_ask(w);
		break;
	case 3:
		tell();
		break;
	default:
		peer_read(&w->peer, dice(2) == 0 ? SIZE_MAX : dice(40000));
		if (w->peer.closed)
			walker_leave(w);
	}
}

/* Whatever comes together, in whatever order. */
static void walks_at_random(void **state)
{
	size_t fds = descriptors();

	(void)state;
	for (int walk = 0; walk < WALKS; walk++) {
		struct walker walkers[WALKERS] = { 0 };

		for (int step = 0; step < STEPS; step++) {
			walker_step(&walkers[dice(WALKERS)]);
			handler.still = dice(40) == 0 ? ERR_TOKEN_REVOKED : OK;
			if (dice(60) == 0)
				http_server_cut(world.server);
			if (dice(3) == 0)
				turn_a_while();
		}
		for (size_t i = 0; i < WALKERS; i++)
			if (walkers[i].here)
				walker_leave(&walkers[i]);
		as_at_first(fds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walks_at_random, streams_begin, world_end),
	};

	signal(SIGPIPE, SIG_IGN);
	if (!fcgi_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
