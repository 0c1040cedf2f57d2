/* SPDX-License-Identifier: MIT */
/*
 * Any datagrams as answers of a keeper, while a task waits for one of each kind. The input is
 * pieces, each behind a byte for its length and one for its form: a whole answer to the job in a
 * place, one with another id or length, or just these bytes. Every task goes on, and what it is
 * given is within bounds.
 */
#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "base/instant.h"
#include "cred/keeper_wire.h"
#include "task/loop.h"
#include "task/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KINDS = 5, PIECES = 8 /* fewer than the kernel's queue has room for */ };

static struct {
	struct keeper_board board;
	struct keeper *keeper;
	int jobs[KEEPER_QUEUES][2], answers[2];
	struct arena *arenas[KINDS];
	struct task *tasks[KINDS]; /* NULL: it has ended */
} world;

static void set_up(void)
{
	struct keeper_options o = {
		.keepers = 4, .queue = 8, .quick_queue = 8, .board = &world.board
	};

	for (int i = 0; i < KEEPER_QUEUES; i++) {
		assert(socketpair(AF_UNIX, SOCK_DGRAM, 0, world.jobs[i]) == 0);
		o.jobs[i] = world.jobs[i][0];
	}
	assert(socketpair(AF_UNIX, SOCK_DGRAM, 0, world.answers) == 0 && loop_open() == OK);
	o.answers = world.answers[1];
	world.keeper = keeper_make(&o);
	assert(world.keeper != NULL);
	for (size_t i = 0; i < KINDS; i++)
		world.arenas[i] = arena_make(1 << 20, NULL, NULL);
}

static void check_text(const char *p, size_t n)
{
	assert(p != NULL || n == 0);
	assert(n < KEEPER_DATAGRAM && (n == 0 || memchr(p, '\n', n) != p - 1));
}

static void ask(size_t kind, struct arena *a)
{
	struct keeper_password password = { .password = { "a long passphrase", 17 },
					    .words = STR("x") };
	struct keyring_signer key = { .algorithm = TOKEN_HS256 };
	struct token_claims claims = { .subject = STR("ann") };
	struct key_pair pair = { 0 };
	struct secret hash = { "$argon2id$", 10 };
	struct str text = { 0 };
	bool flag = false;

	switch (kind) {
	case 0:
		if (keeper_hash(world.keeper, &password, a, &hash, &flag) == OK)
			check_text(hash.p, hash.n);
		return;
	case 1:
		keeper_verify(world.keeper, password.password, hash, &flag);
		return;
	case 2:
		if (keeper_sign(world.keeper, &key, &claims, NULL, 0, a, &text) == OK)
			check_text(text.p, text.n);
		return;
	case 3:
		if (keeper_mac(world.keeper, "refresh", STR("message"), a, &text) == OK)
			check_text(text.p, text.n);
		return;
	default:
		if (keeper_key(world.keeper, TOKEN_ES256, a, &pair) == OK) {
			check_text(pair.kid.p, pair.kid.n);
			check_text(pair.pem.p, pair.pem.n);
			check_text(pair.jwk.p, pair.jwk.n);
			check_text(pair.private.p, pair.private.n);
		}
	}
}

static void waiter(void *arg)
{
	struct task **self = arg;
	size_t kind = (size_t)(self - world.tasks);

	*self = task_self();
	ask(kind, world.arenas[kind]);
	*self = NULL;
}

/* The jobs are of no interest, but must not fill the queue. */
static void drop_jobs(void)
{
	char job[KEEPER_DATAGRAM];

	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		while (recv(world.jobs[i][1], job, sizeof job, MSG_DONTWAIT) > 0)
			;
}

static void stop(struct timer *t)
{
	(void)t;
	loop_stop();
}

static void turn(void)
{
	struct timer t = { .fire = stop };

	timer_set(&t, ticks_us());
	loop_run();
	drop_jobs();
}

/* form: bits 0..3 the place, 4 another id, 5 another length, 6..7 the result; 0xff: only the bytes.
 */
static void send_piece(uint8_t form, struct str text)
{
	char datagram[sizeof(struct answer_header) + UINT8_MAX * 16];
	size_t place = form & 15U, many = (form & 32) != 0 ? 16 : 1, n = 0;
	struct answer_header h = { .place = (uint32_t)place, .result = form >> 6 };

	if (form == 0xff) {
		send(world.answers[0], text.p, text.n, MSG_DONTWAIT);
		return;
	}
	if (place < KEEPER_IN_FLIGHT)
		h.id = atomic_load(&world.board.places[0][place].id) + ((form & 16) != 0);
	h.length = (uint32_t)(text.n * many);
	memcpy(datagram, &h, sizeof h);
	for (n = sizeof h; many > 0; many--, n += text.n)
		memcpy(datagram + n, text.p, text.n);
	send(world.answers[0], datagram, n - (form == 0xfe), MSG_DONTWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;

	if (world.keeper == NULL)
		set_up();
	for (size_t i = 0; i < KINDS; i++)
		assert(task_start(waiter, &world.tasks[i]));
	for (int i = 0; i < PIECES && at + 2 <= size; i++) {
		size_t n = data[at], left = size - at - 2;
		uint8_t form = data[at + 1];
		struct str text = { (const char *)data + at + 2, n < left ? n : left };

		send_piece(form, text);
		at += 2 + text.n;
		if (i % 2 != 0)
			turn();
	}
	turn();
	for (size_t i = 0; i < KINDS; i++)
		if (world.tasks[i] != NULL)
			task_end(world.tasks[i], ERR_CANCELLED);
	turn();
	assert(task_count() == 0);
	for (size_t i = 0; i < KEEPER_IN_FLIGHT; i++)
		assert(atomic_load(&world.board.places[0][i].id) == 0);
	for (size_t i = 0; i < KINDS; i++)
		arena_reset(world.arenas[i]);
	return 0;
}
