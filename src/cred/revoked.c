/* SPDX-License-Identifier: MIT */
#include "cred/revoked.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

/*
 * An open-addressed table; its size is a power of two, and it is at most half full while there is
 * memory.
 */
struct revoked {
	struct revoked_board *board;
	uint64_t seen; /* of the board's news */
	size_t size, used;
	struct revocation *table; /* empty: subject is none */
};

/* Ids are ours, made at random (UUIDv7, rand_b): nobody can aim at a place. */
static size_t place_of(struct uuid id, size_t size)
{
	size_t at = 0;

	memcpy(&at, id.b + sizeof id.b - sizeof at, sizeof at);
	/* The byte with the variant is left out, for it is half constant. */
	return at >> 8 & (size - 1);
}

/* The slot where an id is, or where it would go. */
static struct revocation *slot_of(const struct revoked *r, struct uuid id)
{
	size_t at = place_of(id, r->size);

	while (!uuid_none(r->table[at].subject) && !uuid_eq(r->table[at].subject, id))
		at = (at + 1) & (r->size - 1);
	return &r->table[at];
}

/* Makes room, and leaves out revocations that have expired. */
static bool rebuild(struct revoked *r, int64_t now)
{
	struct revoked fresh = { .board = r->board, .seen = r->seen, .size = FIRST_SIZE };
	size_t live = 0;

	for (size_t i = 0; i < r->size; i++)
		live += !uuid_none(r->table[i].subject) && r->table[i].expires > now;
	while (fresh.size < live * 4)
		fresh.size *= 2;
	fresh.table = calloc(fresh.size, sizeof *fresh.table);
	if (fresh.table == NULL)
		return false;
	for (size_t i = 0; i < r->size; i++) {
		if (uuid_none(r->table[i].subject) || r->table[i].expires <= now)
			continue;
		*slot_of(&fresh, r->table[i].subject) = r->table[i];
		fresh.used++;
	}
	free(r->table);
	*r = fresh;
	return true;
}

struct revoked *revoked_make(struct revoked_board *board)
{
	struct revoked *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->board = board;
	r->seen = atomic_load(&board->count);
	if (!rebuild(r, 0)) {
		free(r);
		return NULL;
	}
	return r;
}

void revoked_free(struct revoked *r)
{
	if (r != NULL)
		free(r->table);
	free(r);
}

bool revoked_add(struct revoked *r, const struct revocation *what, int64_t now)
{
	if (uuid_none(what->subject) || what->expires <= now)
		return true;
	if (r->used * 2 >= r->size && !rebuild(r, now) && r->used + 1 >= r->size)
		return false;

	struct revocation *slot = slot_of(r, what->subject);

	if (uuid_none(slot->subject)) {
		*slot = *what;
		r->used++;
		return true;
	}
	if (what->version > slot->version)
		slot->stored = what->stored;
	else if (what->version == slot->version)
		slot->stored |= what->stored;
	if (what->version > slot->version)
		slot->version = what->version;
	if (what->expires > slot->expires)
		slot->expires = what->expires;
	return true;
}

void revoked_tell(struct revoked *r, const struct revocation *what, int64_t now)
{
	uint64_t n = atomic_fetch_add(&r->board->count, 1);
	size_t at = n % REVOKED_BOARD;

	atomic_store(&r->board->slots[at].sequence, 0);
	/* The slot is seen to be written before any of the news is. */
	atomic_thread_fence(memory_order_release);
	r->board->slots[at].news = *what;
	atomic_store(&r->board->slots[at].sequence, n + 1);
	revoked_add(r, what, now);
}

/* Reads the board as far as it has been written. */
static void catch_up(struct revoked *r, uint64_t count, int64_t now)
{
	if (count - r->seen > REVOKED_BOARD)
		r->seen = count - REVOKED_BOARD;
	for (; r->seen < count; r->seen++) {
		size_t at = r->seen % REVOKED_BOARD;
		uint64_t sequence = atomic_load(&r->board->slots[at].sequence);
		struct revocation news = r->board->slots[at].news;

		/* The news is read before its number is looked at again. */
		atomic_thread_fence(memory_order_acquire);
		/*
		 * A slot that is being written is read later, but not for ever: its writer may have
		 * died.
		 */
		if (sequence < r->seen + 1 && count - r->seen < REVOKED_BOARD / 2)
			return;
		if (sequence == r->seen + 1 &&
		    atomic_load(&r->board->slots[at].sequence) == sequence)
			revoked_add(r, &news, now);
	}
}

void revoked_doubt(struct revoked *r)
{
	for (size_t i = 0; i < r->size; i++)
		r->table[i].stored = false;
}

size_t revoked_unstored(const struct revoked *r, struct revocation *out, size_t max, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < r->size && n < max; i++) {
		const struct revocation *slot = &r->table[i];

		if (!uuid_none(slot->subject) && !slot->stored && slot->expires > now)
			out[n++] = *slot;
	}
	return n;
}

static bool refused(const struct revoked *r, struct uuid id, int32_t version, int64_t now)
{
	const struct revocation *slot = slot_of(r, id);

	return !uuid_none(slot->subject) && slot->expires > now &&
	       (slot->version == 0 || version < slot->version);
}

bool revoked_has(struct revoked *r, struct uuid session, struct uuid user, int32_t version,
		 int64_t now)
{
	uint64_t count = atomic_load(&r->board->count);

	if (count != r->seen)
		catch_up(r, count, now);
	return r->used > 0 && (refused(r, session, version, now) || refused(r, user, version, now));
}

uint64_t revoked_mark(const struct revoked *r)
{
	return atomic_load(&r->board->count);
}

void revoked_passed(struct revoked *r, uint64_t mark)
{
	if (mark > r->seen)
		r->seen = mark;
}

size_t revoked_count(const struct revoked *r)
{
	return r->used;
}
