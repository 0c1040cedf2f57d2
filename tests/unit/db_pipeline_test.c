/* SPDX-License-Identifier: MIT */
/*
 * How a statement goes to the server: prepared in front of its first use, by its name from then on,
 * and as text wherever its name may not be there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/pipeline.h"
#include "db_server.h"

static const struct db_column id_column = { .name = "id", .kind = KIND_UUID };
static const struct db_statement read_statement = {
	.name = "r", .sql = "r", .params = &id_column, .param_count = 1
};
static const struct db_statement shared_statement = {
	.name = "s", .sql = "s", .params = &id_column, .param_count = 1, .write = true
};

enum { ROOM = 32 };

static const struct uuid id = { .b = { 1 } };
static struct pipeline line;

static PGconn *connection(void)
{
	world.connections++;
	return calloc(1, sizeof(PGconn));
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	if (!pipeline_make(&line, ROOM))
		return -1;
	pipeline_connect(&line, connection(), false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pipeline_connect(&line, NULL, false);
	pipeline_free(&line);
	return world.results != 0 || world.connections != 0;
}

static struct job job_of(const struct db_statement *s)
{
	return (struct job){ .s = s, .in = &id };
}

/* What the server was asked from question `first` on: kinds, in capitals what goes by its name. */
static const char *asked(size_t first)
{
	static char kinds[WORLD_QUEUE + 1];
	size_t n = 0;

	for (size_t i = first; i < line.pg->queued; i++) {
		const struct question *q = &line.pg->queue[i];

		kinds[n++] = (char)(q->what != 0 && q->kind != 'p' ? q->kind - 'a' + 'A' : q->kind);
	}
	kinds[n] = '\0';
	return kinds;
}

/* The next answer, as link.c takes it; NULL: it was none of a job. The caller clears it. */
static PGresult *answered(const char *failure)
{
	server_answer(line.pg, failure);

	PGresult *r = PQgetResult(line.pg);
	struct sent_entry e = pipeline_take(&line);

	if (e.kind == SENT_JOB)
		return pipeline_result(&line, r);
	if (e.kind == SENT_PREPARE)
		pipeline_note_prepared(&line, e.s, r);
	else
		PQclear(r);
	return NULL;
}

static void settle(void)
{
	while (line.count > 0)
		PQclear(answered(NULL));
	assert_int_equal(world.unknown, 0);
	assert_int_equal(world.twice, 0);
}

static void send(const struct db_statement *s)
{
	static struct job jobs[ROOM];
	static size_t n;
	struct job *j = &jobs[n++ % ROOM];

	*j = job_of(s);
	assert_true(pipeline_send_job(&line, j));
}

static void sync_now(void)
{
	assert_true(pipeline_send_sync(&line));
}

static void test_the_first_use_brings_it_along(void **state)
{
	(void)state;
	send(&read_statement);
	send(&read_statement);
	send(&shared_statement);
	sync_now();
	assert_string_equal(asked(0), "pRRpS.");
	settle();
	send(&shared_statement);
	send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "SR.");
	settle();
}

static void test_behind_a_sync_its_name_waits_for_the_answer(void **state)
{
	(void)state;
	send(&read_statement);
	sync_now();
	send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "pR.r.");
	PQclear(answered(NULL));
	send(&read_statement);
	assert_string_equal(asked(4), "R");
	sync_now();
	settle();
}

static void test_what_cannot_be_prepared_tells_its_job_why(void **state)
{
	(void)state;
	send(&read_statement);
	send(&shared_statement);
	sync_now();
	assert_null(answered("55P03"));

	PGresult *r = answered(NULL);

	assert_string_equal(PQresultErrorField(r, PG_DIAG_SQLSTATE), "55P03");
	PQclear(r);
	assert_null(answered(NULL)); /* the other statement was not prepared either */
	r = answered(NULL);
	assert_int_equal(PQresultStatus(r), PGRES_PIPELINE_ABORTED);
	PQclear(r);
	assert_null(answered(NULL));
	/* Both are asked for again. */
	send(&shared_statement);
	send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "pSpR.");
	settle();
}

static void test_a_rollback_takes_no_statement_along(void **state)
{
	(void)state;
	assert_true(pipeline_send_command(&line, "begin isolation level read committed"));
	send(&shared_statement);
	sync_now();
	settle();
	assert_true(pipeline_send_command(&line, "rollback"));
	sync_now();
	settle();
	send(&shared_statement);
	sync_now();
	assert_string_equal(asked(0), "S.");
	settle();
}

static void test_another_connection_has_none(void **state)
{
	(void)state;
	send(&read_statement);
	sync_now();
	settle();
	pipeline_connect(&line, connection(), false);
	send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "pR.");
	/* A refusal that nobody took goes with its connection. */
	assert_null(answered("22000"));
	line.count = 0;
	pipeline_connect(&line, connection(), false);
	send(&shared_statement);
	send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "pSpR.");
	settle();
}

static void test_behind_a_pooler_all_goes_as_text(void **state)
{
	(void)state;
	pipeline_connect(&line, connection(), true);
	for (size_t i = 0; i < 3; i++)
		send(&read_statement);
	sync_now();
	assert_string_equal(asked(0), "rrr.");
	settle();
	send(&read_statement);
	assert_string_equal(asked(0), "r");
}

/* A room that is left for one result is none for a job that has to be prepared. */
static void test_the_ring_goes_round(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROOM; i++) {
		send(i % 2 == 0 ? &read_statement : &shared_statement);
		sync_now();
		assert_true(pipeline_has_room(&line, PIPELINE_JOB));
		settle();
	}
	while (pipeline_has_room(&line, PIPELINE_JOB + 1))
		send(&read_statement);
	assert_int_equal(line.count, ROOM - PIPELINE_JOB);
	sync_now();
	settle();
}

static void test_thousands_of_statements_are_told_apart(void **state)
{
	enum { MANY = 4000 };
	static struct db_statement statements[MANY];
	struct prepared p = { 0 };

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		struct prepared_entry *e = prepared_entry(&p, &statements[i]);

		assert_non_null(e);
		assert_ptr_equal(e->s, &statements[i]);
		assert_int_equal(e->state, PREPARED_NOT);
		e->state = PREPARED_THERE;
		e->piece = (unsigned)i;
	}
	assert_int_equal(p.n, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(prepared_entry(&p, &statements[i])->state, PREPARED_THERE);
		assert_int_equal(prepared_entry(&p, &statements[i])->piece, i);
	}
	prepared_forget(&p);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(prepared_entry(&p, &statements[i])->state, PREPARED_NOT);
	assert_int_equal(p.n, MANY);
	prepared_free(&p);
}

#define PIPELINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIPELINE_TEST(test_the_first_use_brings_it_along),
		PIPELINE_TEST(test_behind_a_sync_its_name_waits_for_the_answer),
		PIPELINE_TEST(test_what_cannot_be_prepared_tells_its_job_why),
		PIPELINE_TEST(test_a_rollback_takes_no_statement_along),
		PIPELINE_TEST(test_another_connection_has_none),
		PIPELINE_TEST(test_behind_a_pooler_all_goes_as_text),
		PIPELINE_TEST(test_the_ring_goes_round),
		cmocka_unit_test(test_thousands_of_statements_are_told_apart),
	};

	return cmocka_run_group_tests_name("db_pipeline", tests, NULL, NULL);
}
