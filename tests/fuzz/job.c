/* SPDX-License-Identifier: MIT */
/*
 * Any datagram as a job for a keeper, and a job that somebody waits for with any parts: one answer
 * at most, of a size that a datagram has, and a place of the board that is free again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cred/keeper_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NUMBER = 3 };

/* Whether it takes more time than a fuzzer has: RSA, and hashes of more than a few KiB. */
static bool dear(const struct job_header *h, const uint8_t *text, size_t n)
{
	const uint8_t *cost = n == 0 ? NULL : memmem(text, n, "m=", 2);

	if (h->kind == JOB_KEY)
		return h->algorithm == TOKEN_RS256;
	return h->kind == JOB_VERIFY && cost != NULL && memmem(text, n, "$m=8,t=1,", 9) == NULL;
}

static void check_answer(const uint8_t *answer, size_t n, const struct job_header *job)
{
	struct answer_header h;

	assert(n >= sizeof h && n <= KEEPER_DATAGRAM);
	memcpy(&h, answer, sizeof h);
	assert(h.id == job->id && h.place == job->place && h.length == n - sizeof h);
	assert(h.result <= ANSWER_FAILED);
	assert(h.result == ANSWER_DONE || h.length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keeper_board board;
	static struct arena *a;
	static const struct keeper_secrets secrets = {
		.cost = { 8, 1 },
		.jwt_secret = { "0123456789012345678901234567890123456789", 40 },
		.issuer = { "postern", 7 },
	};
	static uint8_t answer[KEEPER_DATAGRAM];
	struct job_header h = { 0 };
	size_t worker = SIZE_MAX;

	if (a == NULL)
		a = arena_make(1 << 20, NULL, NULL);
	if (size > KEEPER_DATAGRAM)
		return 0;
	memcpy(&h, data, size < sizeof h ? size : sizeof h);
	if (size > sizeof h && dear(&h, data + sizeof h, size - sizeof h))
		return 0;

	/* Nobody waits for an id with the highest bit: no worker makes one. */
	bool placed = h.worker < KEEPER_WORKERS_MAX && h.place < KEEPER_IN_FLIGHT &&
		      h.id >> 63 == 0;

	if (placed)
		atomic_store(&board.places[h.worker][h.place].id, h.id);

	size_t n = keeper_work(&secrets, &board, NUMBER, data, size, a, answer, &worker);

	assert(placed || n == 0);
	if (n > 0) {
		assert(worker == h.worker);
		check_answer(answer, n, &h);
	}
	assert(keeper_lost(&board, NUMBER, answer, &worker) == 0);
	if (placed)
		atomic_store(&board.places[h.worker][h.place].id, 0);
	arena_reset(a);
	return 0;
}
