/* SPDX-License-Identifier: MIT */
#include "base/uuid.h"

#include <pthread.h>
#include <string.h>

#include "base/instant.h"
#include "base/random.h"

/* Random bits are fetched for this many ids at a time: a system call an id would cost more. */
enum { BATCH = 32, RANDOM_BYTES = 8 };

static size_t pool_left;

/* Two children of one process must not go on with the same random bits. */
static void pool_drop(void)
{
	pool_left = 0;
}

static const uint8_t *pool_next(void)
{
	static uint8_t pool[BATCH * RANDOM_BYTES];
	static bool watched;

	if (!watched)
		watched = pthread_atfork(NULL, NULL, pool_drop) == 0;
	if (pool_left == 0) {
		random_bytes(pool, sizeof pool);
		pool_left = BATCH;
	}
	return pool + --pool_left * RANDOM_BYTES;
}

static struct uuid of_ms(uint64_t ms)
{
	struct uuid id = { 0 };

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	return id;
}

struct uuid uuid_v7(void)
{
	static uint64_t last; /* milliseconds << 12 | counter */
	uint64_t now = (uint64_t)instant_now().us;
	/* Method 3 of section 6.2: the fraction of the millisecond in rand_a. */
	uint64_t stamp = now / 1000 << 12 | now % 1000 * 4096 / 1000;

	if (stamp <= last)
		stamp = last + 1;
	last = stamp;

	struct uuid id = of_ms(stamp >> 12);

	id.b[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0f));
	id.b[7] = (uint8_t)stamp;
	memcpy(id.b + 8, pool_next(), RANDOM_BYTES);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

struct uuid uuid_v7_least(struct instant t)
{
	struct uuid id = of_ms(t.us < 0 ? 0 : (uint64_t)t.us / 1000);

	id.b[6] = 0x70;
	id.b[8] = 0x80;
	return id;
}

/* Bytes between the dashes: RFC 9562 section 4. */
static const size_t groups[] = { 4, 2, 2, 2, 6 };
enum { GROUPS = sizeof groups / sizeof *groups };

bool uuid_parse(struct str text, struct uuid *out)
{
	struct uuid id = { 0 };
	uint8_t *b = id.b;
	const char *p = text.p;

	if (text.n != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < GROUPS; i++) {
		if (i > 0 && *p++ != '-')
			return false;
		for (size_t n = 0; n < groups[i]; n++, p += 2) {
			int high = str_hex(p[0]), low = str_hex(p[1]);

			if (high < 0 || low < 0)
				return false;
			*b++ = (uint8_t)(high << 4 | low);
		}
	}
	*out = id;
	return true;
}

struct str uuid_format(struct uuid id, char text[static UUID_TEXT])
{
	static const char hexes[] = "0123456789abcdef";
	const uint8_t *b = id.b;
	char *p = text;

	for (size_t i = 0; i < GROUPS; i++) {
		for (size_t n = 0; n < groups[i]; n++, b++) {
			*p++ = hexes[*b >> 4];
			*p++ = hexes[*b & 15];
		}
		*p++ = '-';
	}
	*--p = '\0';
	return (struct str){ text, UUID_TEXT - 1 };
}

bool uuid_eq(struct uuid a, struct uuid b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool uuid_none(struct uuid id)
{
	return uuid_eq(id, (struct uuid){ 0 });
}
