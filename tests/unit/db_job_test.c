/* SPDX-License-Identifier: MIT */
/* Jobs that one query answers: what is sent for them, whose row is whose, and who releases it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "db/job.h"

struct thing {
	struct uuid id;
};

static const struct db_column params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct thing, id) }
};

/* The id is the second column, as it may be. */
static const struct db_statement statement = {
	.name = "thing_by_id", .params = params, .param_count = 1, .gathered = true, .key = 1
};

enum { MANY = ROW_IDS_MAX };

static struct thing things[MANY];
static struct job jobs[MANY];

static void make(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memset(&things[i].id, (int)i + 1, sizeof things[i].id);
		jobs[i] = (struct job){ .s = &statement, .in = &things[i] };
		if (i > 0)
			job_join(&jobs[i - 1], &jobs[i]);
	}
}

static size_t around(const struct job *first)
{
	size_t n = 0;

	for (const struct job *j = first; j != NULL; j = job_next(j, first))
		n++;
	return n;
}

static void test_a_ring_goes_round_in_order(void **state)
{
	(void)state;
	for (size_t n = 1; n <= MANY; n++) {
		const struct job *j = &jobs[0];

		make(n);
		for (size_t i = 0; i < n; i++, j = job_next(j, &jobs[0]))
			assert_ptr_equal(j, &jobs[i]);
		assert_null(j);
	}
}

/* Whoever leaves, in whatever order, the others stay together. */
static void test_each_may_leave_first(void **state)
{
	(void)state;
	for (size_t leaver = 0; leaver < 5; leaver++) {
		make(5);

		struct job *rest = job_part(&jobs[leaver]);

		assert_non_null(rest);
		assert_null(jobs[leaver].mate);
		assert_int_equal(around(&jobs[leaver]), 1);
		for (size_t left = 4; left > 0; left--) {
			assert_int_equal(around(rest), left);
			assert_ptr_not_equal(rest, &jobs[leaver]);
			rest = job_part(rest);
		}
		assert_null(rest);
	}
}

static uint32_t number(const char *p)
{
	uint32_t be = 0;

	memcpy(&be, p, sizeof be);
	return ntohl(be);
}

/* PostgreSQL, array_recv: dimensions, nulls, type, length, lower bound, then size and value each.
 */
static void test_ids_are_sent_as_an_array(void **state)
{
	static const size_t sizes[] = { 1, 2, 7, MANY };

	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct row_params p;

		make(sizes[k]);
		job_encode(&jobs[0], &p);
		assert_int_equal(p.formats[0], 1);
		assert_int_equal(p.lengths[0], 20 + 20 * sizes[k]);
		assert_int_equal(number(p.values[0]), 1);
		assert_int_equal(number(p.values[0] + 4), 0);
		assert_int_equal(number(p.values[0] + 8), 2950);
		assert_int_equal(number(p.values[0] + 12), sizes[k]);
		assert_int_equal(number(p.values[0] + 16), 1);
		for (size_t i = 0; i < sizes[k]; i++) {
			const char *at = p.values[0] + 20 + 20 * i;

			assert_int_equal(number(at), 16);
			assert_memory_equal(at + 4, &things[i].id, 16);
		}
	}
}

/* A result whose second column holds the ids of these things; one that is negative: null. */
static PGresult *result_of(const int *which, int n)
{
	PGresAttDesc columns[] = { { .name = (char[]){ "name" }, .format = 1 },
				   { .name = (char[]){ "id" }, .format = 1 } };
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	assert_int_equal(PQsetResultAttrs(r, 2, columns), 1);
	for (int i = 0; i < n; i++) {
		char id[16];

		if (which[i] >= 0)
			memcpy(id, &things[which[i]].id, sizeof id);
		PQsetvalue(r, i, 0, (char[]){ "x" }, 1);
		PQsetvalue(r, i, 1, which[i] < 0 ? NULL : id, which[i] < 0 ? -1 : 16);
	}
	return r;
}

static void test_each_finds_its_own_row(void **state)
{
	static const struct {
		int rows[5], n, thing, found;
	} cases[] = {
		{ { 0 }, 0, 0, -1 },
		{ { 0 }, 1, 0, 0 },
		{ { 0 }, 1, 1, -1 },
		{ { 2, 0, 1 }, 3, 0, 1 },
		{ { 2, 0, 1 }, 3, 1, 2 },
		{ { 2, 0, 1 }, 3, 2, 0 },
		{ { 2, 0, 1 }, 3, 3, -1 },
		{ { -1, 1 }, 2, 1, 1 },
		{ { -1, -1 }, 2, 0, -1 },
		{ { 4, 3, 2, 1, 0 }, 5, 0, 4 },
		{ { 1, 1, 0, 0, 0 }, 5, 0, 2 },
	};

	(void)state;
	make(5);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		PGresult *r = result_of(cases[i].rows, cases[i].n);

		assert_int_equal(row_find(&statement, r, &things[cases[i].thing]), cases[i].found);
		PQclear(r);
	}
}

/* A sanitizer sees a result that is released twice, too early, or never. */
static void test_the_last_one_releases_the_result(void **state)
{
	static const int row[] = { 0 };

	(void)state;
	for (size_t first = 0; first < 4; first++) {
		PGresult *r = NULL;

		make(4);
		r = result_of(row, 1);
		for (size_t i = 0; i < 4; i++)
			jobs[i].result = r;
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(PQntuples(r), 1);
			job_clear(&jobs[(first + i) % 4]);
			assert_null(jobs[(first + i) % 4].result);
			/* Again does no harm, nor does one that never had a result. */
			job_clear(&jobs[(first + i) % 4]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_ring_goes_round_in_order),
		cmocka_unit_test(test_each_may_leave_first),
		cmocka_unit_test(test_ids_are_sent_as_an_array),
		cmocka_unit_test(test_each_finds_its_own_row),
		cmocka_unit_test(test_the_last_one_releases_the_result),
	};

	return cmocka_run_group_tests_name("db_job", tests, NULL, NULL);
}
