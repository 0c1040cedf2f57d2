/* SPDX-License-Identifier: MIT */
/* Tokens that are refused before they expire: what a worker knows, and what it hears of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cred/revoked.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { NOW = 1000, LATER = 2000 };

/* A host with two workers. */
static struct {
	struct revoked_board board;
	struct revoked *one, *two;
} host;

static int set_up(void **state)
{
	(void)state;
	memset(&host, 0, sizeof host);
	host.one = revoked_make(&host.board);
	host.two = revoked_make(&host.board);
	return host.one == NULL || host.two == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	revoked_free(host.one);
	revoked_free(host.two);
	return 0;
}

/* An id as it could be made; spread like random ones where the table looks. */
static struct uuid id_of(uint32_t n)
{
	struct uuid id = { .b = { 1, 0x93 } };
	uint64_t spread = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	memcpy(id.b + 2, &n, sizeof n);
	memcpy(id.b + 8, &spread, sizeof spread);
	return id;
}

static struct revocation session_of(uint32_t n, int64_t expires)
{
	return (struct revocation){ .subject = id_of(n), .expires = expires };
}

static struct revocation versions_of(uint32_t n, int32_t least, int64_t expires)
{
	return (struct revocation){ .subject = id_of(n), .version = least, .expires = expires };
}

/* Whether a token of that session is refused; its user is somebody of whom nothing is known. */
static bool has_session(struct revoked *r, uint32_t n, int64_t now)
{
	return revoked_has(r, id_of(n), id_of(UINT32_MAX), 0, now);
}

static void nothing_is_refused_at_first(void **state)
{
	(void)state;
	assert_false(has_session(host.one, 1, NOW));
	assert_int_equal(revoked_count(host.one), 0);
}

static void by_session(void **state)
{
	struct revocation what = session_of(1, LATER);

	(void)state;
	revoked_add(host.one, &what, NOW);
	assert_true(has_session(host.one, 1, NOW));
	assert_true(revoked_has(host.one, id_of(1), id_of(9), INT32_MAX, NOW));
	assert_false(has_session(host.one, 2, NOW));
	/* The other worker has not been told. */
	assert_false(has_session(host.two, 1, NOW));
}

static void by_version_of_the_user(void **state)
{
	static const struct {
		int32_t least, version;
		bool refused;
	} rows[] = { { 1, 0, true },
		     { 1, 1, false },
		     { 3, 2, true },
		     { 3, 3, false },
		     { 3, 4, false },
		     { INT32_MAX, INT32_MAX - 1, true },
		     { INT32_MAX, INT32_MAX, false } };

	(void)state;
	for (uint32_t i = 0; i < COUNT(rows); i++) {
		struct revocation what = versions_of(i, rows[i].least, LATER);

		revoked_add(host.one, &what, NOW);
		assert_int_equal(revoked_has(host.one, id_of(99), id_of(i), rows[i].version, NOW),
				 rows[i].refused);
	}
}

/* News may come twice, and in any order: the stricter stays. */
static void the_stricter_stays(void **state)
{
	struct revocation strict = versions_of(1, 5, LATER), mild = versions_of(1, 2, LATER + 10);

	(void)state;
	revoked_add(host.one, &strict, NOW);
	revoked_add(host.one, &mild, NOW);
	revoked_add(host.two, &mild, NOW);
	revoked_add(host.two, &strict, NOW);
	assert_true(revoked_has(host.one, id_of(9), id_of(1), 4, LATER + 5));
	assert_true(revoked_has(host.two, id_of(9), id_of(1), 4, LATER + 5));
	assert_false(revoked_has(host.one, id_of(9), id_of(1), 5, NOW));
	assert_int_equal(revoked_count(host.one), 1);
}

static void until_it_expires(void **state)
{
	struct revocation what = session_of(1, LATER), gone = session_of(2, NOW);
	struct revocation nobody = { .expires = LATER };

	(void)state;
	revoked_add(host.one, &what, NOW);
	assert_true(has_session(host.one, 1, LATER - 1));
	assert_false(has_session(host.one, 1, LATER));
	revoked_add(host.one, &gone, NOW);
	revoked_add(host.one, &nobody, NOW);
	assert_int_equal(revoked_count(host.one), 1);
}

static void many_and_what_is_over_makes_room(void **state)
{
	enum { MANY = 5000 };

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		struct revocation what = session_of(i, i % 2 == 0 ? LATER : NOW + 1);

		revoked_add(host.one, &what, NOW);
	}
	for (uint32_t i = 0; i < MANY; i++)
		assert_true(has_session(host.one, i, NOW));
	assert_false(has_session(host.one, MANY, NOW));
	/* A new one makes the table grow, and leave out what has expired. */
	for (uint32_t i = MANY; i < 2 * MANY; i++) {
		struct revocation what = session_of(i, LATER);

		revoked_add(host.one, &what, NOW + 1);
	}
	assert_int_equal(revoked_count(host.one), MANY / 2 + MANY);
	for (uint32_t i = 0; i < 2 * MANY; i++)
		assert_int_equal(has_session(host.one, i, NOW + 1), i % 2 == 0 || i >= MANY);
}

static void a_board_shared_by_two(void **state)
{
	struct revocation first = session_of(1, LATER), second = versions_of(2, 4, LATER);

	(void)state;
	revoked_tell(host.one, &first, NOW);
	assert_true(has_session(host.one, 1, NOW));
	assert_true(has_session(host.two, 1, NOW));
	revoked_tell(host.two, &second, NOW);
	assert_true(revoked_has(host.one, id_of(9), id_of(2), 3, NOW));
	assert_true(revoked_has(host.two, id_of(9), id_of(2), 3, NOW));
	/* One that starts later reads the database for what was before. */
	struct revoked *late = revoked_make(&host.board);

	assert_non_null(late);
	assert_false(has_session(late, 1, NOW));
	revoked_free(late);
}

/* Full to the brim nothing is missed; beyond it the oldest are, and the newest are not. */
static void overflow_of_the_board(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < REVOKED_BOARD; i++) {
		struct revocation what = session_of(i, LATER);

		revoked_tell(host.one, &what, NOW);
	}
	for (uint32_t i = 0; i < REVOKED_BOARD; i++)
		assert_true(has_session(host.two, i, NOW));
	for (uint32_t i = REVOKED_BOARD; i < 3 * REVOKED_BOARD + 7; i++) {
		struct revocation what = session_of(i, LATER);

		revoked_tell(host.one, &what, NOW);
	}
	for (uint32_t i = REVOKED_BOARD; i < 3 * REVOKED_BOARD + 7; i++)
		assert_int_equal(has_session(host.two, i, NOW), i >= 2 * REVOKED_BOARD + 7);
	assert_true(has_session(host.two, 1, NOW));
}

/* Takes its number and dies, before it has marked the slot or after. */
static void dies_writing(bool marked)
{
	uint64_t n = atomic_fetch_add(&host.board.count, 1);

	if (marked)
		atomic_store(&host.board.slots[n % REVOKED_BOARD].sequence, 0);
	host.board.slots[n % REVOKED_BOARD].news = session_of(777777, LATER);
}

static void a_writer_that_died(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		uint32_t base = (uint32_t)round * REVOKED_BOARD;

		dies_writing(round % 2 == 0);
		for (uint32_t i = 0; i < REVOKED_BOARD / 2; i++) {
			struct revocation what = session_of(base + i, LATER);

			revoked_tell(host.one, &what, NOW);
		}
		/* Not for ever: once there is much behind it, it is passed over. */
		for (uint32_t i = 0; i < REVOKED_BOARD / 2; i++)
			assert_true(has_session(host.two, base + i, NOW));
		/* Half-written news are no news. */
		assert_false(has_session(host.two, 777777, NOW));
	}
}

/* While it may still be writing, nothing behind it is lost. */
static void a_slow_writer(void **state)
{
	struct revocation slow = session_of(1, LATER), quick = session_of(2, LATER);
	uint64_t n = atomic_fetch_add(&host.board.count, 1);

	(void)state;
	atomic_store(&host.board.slots[n].sequence, 0);
	revoked_tell(host.one, &quick, NOW);
	assert_false(has_session(host.two, 1, NOW));
	host.board.slots[n].news = slow;
	atomic_store(&host.board.slots[n].sequence, n + 1);
	assert_true(has_session(host.two, 1, NOW));
	assert_true(has_session(host.two, 2, NOW));
}

/* What the database may have lost is what only the worker remembers. */
static void what_is_stored(void **state)
{
	struct revocation mine = session_of(1, LATER), fed = session_of(2, LATER);
	struct revocation over = session_of(3, NOW + 1), strict = versions_of(4, 5, LATER);
	struct revocation mild = versions_of(4, 2, LATER), out[4];

	(void)state;
	fed.stored = strict.stored = mild.stored = true;
	revoked_add(host.one, &fed, NOW);
	revoked_add(host.one, &strict, NOW);
	assert_int_equal(revoked_unstored(host.one, out, COUNT(out), NOW), 0);
	revoked_tell(host.one, &mine, NOW);
	assert_int_equal(revoked_unstored(host.one, out, COUNT(out), NOW), 1);
	assert_true(uuid_eq(out[0].subject, mine.subject));

	revoked_doubt(host.one);
	assert_int_equal(revoked_unstored(host.one, out, COUNT(out), NOW), 3);
	assert_int_equal(revoked_unstored(host.one, out, 2, NOW), 2);
	revoked_add(host.one, &fed, NOW);
	/* The database knows an older version of it only. */
	revoked_add(host.one, &mild, NOW);
	revoked_add(host.one, &over, NOW);
	assert_int_equal(revoked_unstored(host.one, out, COUNT(out), NOW + 2), 2);
	strict.version = 6;
	revoked_add(host.one, &strict, NOW);
	mine.stored = true;
	revoked_add(host.one, &mine, NOW);
	assert_int_equal(revoked_unstored(host.one, out, COUNT(out), NOW + 2), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_refused_at_first),
		T(by_session),
		T(by_version_of_the_user),
		T(the_stricter_stays),
		T(until_it_expires),
		T(many_and_what_is_over_makes_room),
		T(a_board_shared_by_two),
		T(overflow_of_the_board),
		T(a_writer_that_died),
		T(a_slow_writer),
		T(what_is_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
