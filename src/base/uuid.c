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

static bool dash_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(struct str text, struct uuid *out)
{
	struct uuid id = { 0 };
	size_t byte = 0;

	if (text.n != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.n;) {
		if (dash_at(i)) {
			if (text.p[i++] != '-')
				return false;
			continue;
		}

		int high = str_hex(text.p[i]), low = str_hex(text.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		id.b[byte++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*out = id;
	return true;
}

struct str uuid_format(struct uuid id, char text[static UUID_TEXT])
{
	static const char hexes[] = "0123456789abcdef";
	char *p = text;

	for (size_t i = 0; i < sizeof id.b; i++) {
		if (dash_at((size_t)(p - text)))
			*p++ = '-';
		*p++ = hexes[id.b[i] >> 4];
		*p++ = hexes[id.b[i] & 15];
	}
	*p = '\0';
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
