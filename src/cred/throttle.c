/* SPDX-License-Identifier: MIT */
#include "cred/throttle.h"

#include <sodium.h>
#include <string.h>

#include "base/instant.h"
#include "base/random.h"

/*
 * A word: 26 bits that tell keys of one set apart, and 38 bits of time, in milliseconds since the
 * table was made (8 years). Together with the number of the set that is 38 bits of the hash: of a
 * full table one stranger in 16 million would be taken for somebody else.
 *
 * The time of a block is when it ends. The time of a bucket is when all its tokens will be back
 * (the generic cell rate algorithm: a token more is a second more, or a step of throttle_pace).
 */
enum { TIME_BITS = 38, TOKEN_MS = 1000, MS_US = 1000, KEY_MAX = 128 };

#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

enum what { BLOCK, BUCKET };

struct place {
	_Atomic uint64_t *set;
	uint64_t tag; /* in the place of a word */
};

void throttle_init(struct throttle *t)
{
	random_bytes(t->key, sizeof t->key);
	t->made = ticks_us();
}

static struct place place_of(struct throttle *t, enum what what, struct str key)
{
	unsigned char text[KEY_MAX + 1];
	uint64_t hash = 0;
	size_t n = key.n < KEY_MAX ? key.n : KEY_MAX;

	_Static_assert(sizeof hash == crypto_shorthash_BYTES, "one word");
	_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "no lock that a process could die with");
	_Static_assert(THROTTLE_KEY == crypto_shorthash_KEYBYTES, "its key");
	text[0] = (unsigned char)what;
	memcpy(text + 1, key.p, n);
	crypto_shorthash((unsigned char *)&hash, text, n + 1, t->key);
	return (struct place){ t->words[hash % THROTTLE_SETS], hash & ~TIME_MASK };
}

static uint64_t time_of(uint64_t word)
{
	return word & TIME_MASK;
}

/*
 * The milliseconds are rounded up: a caller that is told to wait is not refused at the end of that.
 */
static uint64_t ms_of(const struct throttle *t, int64_t tick)
{
	int64_t us = tick - t->made;

	return us < 0 ? 0 : (uint64_t)((us + MS_US - 1) / MS_US) & TIME_MASK;
}

/* The entry of a key, with its word; the set's end when there is none. */
static _Atomic uint64_t *find(struct place p, uint64_t *word)
{
	size_t i = 0;

	for (; i < THROTTLE_WAYS; i++) {
		*word = atomic_load(&p.set[i]);
		if (*word != 0 && (*word & ~TIME_MASK) == p.tag)
			break;
	}
	return p.set + i;
}

/* The entry of a key, or the one that is to make room: empty, or over soonest. */
static _Atomic uint64_t *find_room(struct place p, uint64_t *word)
{
	_Atomic uint64_t *at = find(p, word);

	if (at != p.set + THROTTLE_WAYS)
		return at;
	at = p.set;
	*word = atomic_load(at);
	for (size_t i = 1; i < THROTTLE_WAYS; i++) {
		uint64_t other = atomic_load(&p.set[i]);

		if (time_of(other) >= time_of(*word))
			continue;
		at = &p.set[i];
		*word = other;
	}
	return at;
}

/* The end of that key's entry, if it is there and has not ended by then; else `now`. */
static uint64_t end_of(struct place p, uint64_t word, uint64_t now)
{
	bool ours = word != 0 && (word & ~TIME_MASK) == p.tag;

	return ours && time_of(word) > now ? time_of(word) : now;
}

int64_t throttle_wait(struct throttle *t, struct str key, int64_t now)
{
	struct place p = place_of(t, BLOCK, key);
	uint64_t word = 0, ms = ms_of(t, now);

	if (find(p, &word) == p.set + THROTTLE_WAYS)
		return 0;
	return (int64_t)(end_of(p, word, ms) - ms) * MS_US;
}

void throttle_block(struct throttle *t, struct str key, int64_t now, int64_t until)
{
	struct place p = place_of(t, BLOCK, key);
	uint64_t word = 0, ms = ms_of(t, now), end = ms_of(t, until);
	_Atomic uint64_t *at = NULL;

	do
		at = find_room(p, &word);
	while (end > end_of(p, word, ms) && !atomic_compare_exchange_weak(at, &word, p.tag | end));
}

/* Clears all entries of a key: two callers at the same moment may each have made one. */
static void forget(struct place p)
{
	for (size_t i = 0; i < THROTTLE_WAYS; i++) {
		uint64_t word = atomic_load(&p.set[i]);

		while (word != 0 && (word & ~TIME_MASK) == p.tag &&
		       !atomic_compare_exchange_weak(&p.set[i], &word, 0))
			;
	}
}

void throttle_clear(struct throttle *t, struct str key)
{
	forget(place_of(t, BLOCK, key));
}

static int64_t take(struct throttle *t, struct place p, int64_t now, uint64_t token, uint64_t most)
{
	uint64_t word = 0, ms = ms_of(t, now), full = 0;
	_Atomic uint64_t *at = NULL;

	do {
		at = find_room(p, &word);
		full = end_of(p, word, ms) + token;
		if (full - ms > most)
			return (int64_t)(full - ms - most) * MS_US;
	} while (!atomic_compare_exchange_weak(at, &word, p.tag | full));
	return 0;
}

int64_t throttle_take(struct throttle *t, struct str key, int64_t now, int64_t burst)
{
	return take(t, place_of(t, BUCKET, key), now, TOKEN_MS, (uint64_t)burst * TOKEN_MS);
}

int64_t throttle_pace(struct throttle *t, struct str key, int64_t now, int64_t most,
		      int64_t span_us)
{
	uint64_t token = (uint64_t)(span_us / MS_US / most);

	if (token == 0)
		token = 1;
	return take(t, place_of(t, BUCKET, key), now, token, token * (uint64_t)most);
}

void throttle_give(struct throttle *t, struct str key, int64_t now)
{
	struct place p = place_of(t, BUCKET, key);
	uint64_t word = 0, ms = ms_of(t, now), full = 0;
	_Atomic uint64_t *at = NULL;

	do {
		at = find(p, &word);
		if (at == p.set + THROTTLE_WAYS)
			return;
		full = end_of(p, word, ms);
		full = full - ms > TOKEN_MS ? full - TOKEN_MS : ms;
	} while (!atomic_compare_exchange_weak(at, &word, p.tag | full));
}

void throttle_fill(struct throttle *t, struct str key)
{
	forget(place_of(t, BUCKET, key));
}
