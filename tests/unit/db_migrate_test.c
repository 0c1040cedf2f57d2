/* SPDX-License-Identifier: MIT */
/*
 * Migrations against a real server, each test in a database of its own. Skipped without
 * DATABASE_URL: src/tools/with-database build/gcc/unit/db_migrate_test
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "db/migrate.h"

#define CONCURRENTLY "create index concurrently ones_x_idx on ones (x);\n"

/* In the place of the program's own. The first takes time, so that hosts really meet. */
const struct migration migrations[] = {
	{ 1, "0001_ones",
	  "create table ones (x int);\nselect pg_sleep(0.3);\ninsert into ones values (1);\n" },
	{ 2, "0002_twos", "create table before_twos (x int);\ncreate table twos (x int);\n" },
	{ 3, "0003_index", "-- no-transaction\n" CONCURRENTLY },
	{ 4, "0004_path",
	  "select set_config('search_path', '', false);\n"
	  "create table public.fours (x int);\n" },
	{ 0, NULL, NULL },
};

enum { HOSTS = 8, TEXT = 4096, LONG = 1200 };

/* A database, and what the last run wrote. */
struct world {
	PGconn *admin, *pg;
	char name[32], url[LONG];
	char out[TEXT], err[TEXT];
};

static void must(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(r);
}

static void assert_answer(struct world *w, const char *sql, const char *wanted)
{
	PGresult *r = PQexec(w->pg, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(w->pg));
	assert_string_equal(PQgetvalue(r, 0, 0), wanted);
	PQclear(r);
}

#define LEDGER "select coalesce(string_agg(name, ',' order by version), '') from schema_migrations"
#define ALL "0001_ones,0002_twos,0003_index,0004_path"

static int make_world(void **state)
{
	const char *server = getenv("DATABASE_URL");
	struct world *w = calloc(1, sizeof *w);
	char sql[64];

	*state = w;
	if (server == NULL)
		return 0;
	w->admin = PQconnectdb(server);
	snprintf(w->name, sizeof w->name, "migrate_test_%d", (int)getpid());
	snprintf(sql, sizeof sql, "create database %s", w->name);
	must(w->admin, sql);

	/* libpq has no way to make one URL of another; the last dbname wins. */
	const char *keys[] = { "dbname", "dbname", NULL }, *values[] = { server, w->name, NULL };

	w->pg = PQconnectdbParams(keys, values, 1);
	assert_string_equal(PQdb(w->pg), w->name);
	must(w->pg, "set client_min_messages = warning");
	snprintf(w->url, sizeof w->url, "host='%s' port='%s' user='%s' password='%s' dbname='%s'",
		 PQhost(w->pg), PQport(w->pg), PQuser(w->pg), PQpass(w->pg), w->name);
	return 0;
}

static int drop_world(void **state)
{
	struct world *w = *state;
	char sql[64];

	if (w->admin != NULL) {
		PQfinish(w->pg);
		snprintf(sql, sizeof sql, "drop database %s with (force)", w->name);
		must(w->admin, sql);
		PQfinish(w->admin);
	}
	free(w);
	return 0;
}

/* Puts `to` in the place of `fd`; returns a copy of what was there. */
static int redirect(int fd, int to)
{
	int was = dup(fd);

	fflush(stdout);
	dup2(to, fd);
	close(to);
	return was;
}

static void take(FILE *file, char text[static TEXT])
{
	rewind(file);
	text[fread(text, 1, TEXT - 1, file)] = '\0';
	fclose(file);
}

static enum migrate_result migrate(struct world *w, const char *url, bool plan)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int stdout_was = redirect(STDOUT_FILENO, dup(fileno(out)));
	int stderr_was = redirect(STDERR_FILENO, dup(fileno(err)));

	log_configure(STR("debug"), LOG_TEXT);

	enum migrate_result result = migrate_run(
		&(struct migrate_how){ .url = { url, strlen(url) }, .plan = plan });

	log_flush();
	close(redirect(STDOUT_FILENO, stdout_was));
	close(redirect(STDERR_FILENO, stderr_was));
	take(out, w->out);
	take(err, w->err);
	return result;
}

static void assert_told(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void needs_server(const struct world *w)
{
	if (w->admin == NULL)
		skip();
}

static void fresh_then_nothing_to_do(void **state)
{
	struct world *w = *state;

	needs_server(w);
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	assert_answer(w, LEDGER, ALL);
	assert_answer(w,
		      "select indisvalid from pg_index where indexrelid = 'ones_x_idx'::regclass",
		      "t");
	/* What sha256sum says of the file. */
	assert_answer(w,
		      "select checksum = encode(sha256('-- no-transaction\n" CONCURRENTLY
		      "'), 'hex')"
		      " from schema_migrations where version = 3",
		      "t");

	must(w->pg, "create table seen as select * from schema_migrations");
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	assert_answer(w, "select count(*) from seen natural join schema_migrations", "4");
	assert_answer(w, "select count(*) from ones", "1");
}

static void plan_changes_nothing(void **state)
{
	struct world *w = *state;

	needs_server(w);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(migrate(w, w->url, true), MIGRATE_PENDING);
		assert_string_equal(w->out, "0001_ones pending\n0002_twos pending\n"
					    "0003_index pending\n0004_path pending\n");
		assert_answer(w,
			      "select count(*) from pg_class where relkind = 'r'"
			      " and relnamespace = 'public'::regnamespace",
			      "0");
	}
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	assert_int_equal(migrate(w, w->url, true), MIGRATE_OK);
	assert_string_equal(w->out, "");
}

/* Both with and without --plan, before anything runs. */
static void refuses_what_does_not_fit(void **state)
{
	static const struct {
		const char *spoil, *told;
	} rows[] = {
		{ "update schema_migrations set checksum = reverse(checksum) where version = 1",
		  "0001_ones has changed" },
		{ "insert into schema_migrations values (9999, '9999_future', 'x')",
		  "9999_future has been applied" },
		{ "drop table schema_migrations; create table schema_migrations (y int)",
		  "cannot read schema_migrations" },
	};
	struct world *w = *state;

	needs_server(w);
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	must(w->pg, "create table kept as select * from schema_migrations");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		must(w->pg, "delete from schema_migrations");
		must(w->pg, "insert into schema_migrations select * from kept where version <> 2");
		must(w->pg, "drop table if exists twos, before_twos");
		must(w->pg, rows[i].spoil);
		for (int plan = 0; plan < 2; plan++) {
			assert_int_equal(migrate(w, w->url, plan == 1), MIGRATE_REFUSED);
			assert_told(w->err, rows[i].told);
			assert_string_equal(w->out, "");
			assert_answer(w, "select to_regclass('twos') is null", "t");
		}
	}
}

static void failing_leaves_no_trace(void **state)
{
	struct world *w = *state;

	needs_server(w);
	must(w->pg, "create table twos (y int)");
	assert_int_equal(migrate(w, w->url, false), MIGRATE_REFUSED);
	assert_told(w->err, "0002_twos");
	assert_told(w->err, "relation \"twos\" already exists");
	assert_answer(w, "select to_regclass('before_twos') is null", "t");
	assert_answer(w, LEDGER, "0001_ones");

	must(w->pg, "drop table twos");
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	assert_answer(w, LEDGER, ALL);
}

/* Two branches: the higher number was merged and ran first. */
static void late_one_is_applied(void **state)
{
	struct world *w = *state;

	needs_server(w);
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	must(w->pg, "drop table twos, before_twos");
	must(w->pg, "delete from schema_migrations where version = 2");
	assert_int_equal(migrate(w, w->url, true), MIGRATE_PENDING);
	assert_string_equal(w->out, "0002_twos pending\n");
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	assert_answer(w, "select to_regclass('twos') is not null", "t");
	assert_answer(w, LEDGER, ALL);
}

/* Whoever serves need not own the tables: with nothing to do, reading the ledger is enough. */
static void up_to_date_needs_no_right_to_create(void **state)
{
	struct world *w = *state;
	char url[LONG + 64];

	needs_server(w);
	assert_int_equal(migrate(w, w->url, false), MIGRATE_OK);
	must(w->pg, "grant select on schema_migrations to public");
	snprintf(url, sizeof url, "%s options='-c role=pg_monitor'", w->url);
	assert_int_equal(migrate(w, url, false), MIGRATE_OK);
	must(w->pg, "revoke select on schema_migrations from public");
	assert_int_equal(migrate(w, url, false), MIGRATE_REFUSED);
	assert_told(w->err, "permission denied");
}

static void several_hosts_apply_once(void **state)
{
	struct world *w = *state;
	pid_t hosts[HOSTS] = { 0 };

	needs_server(w);
	fflush(stdout);
	for (int i = 0; i < HOSTS; i++) {
		hosts[i] = fork();
		if (hosts[i] == 0) {
			log_forget();
			_exit((int)migrate(w, w->url, false));
		}
		assert_true(hosts[i] > 0);
	}
	for (int i = 0; i < HOSTS; i++) {
		int status = -1;

		assert_int_equal(waitpid(hosts[i], &status, 0), hosts[i]);
		assert_int_equal(status, 0);
	}
	assert_answer(w, LEDGER, ALL);
	assert_answer(w, "select count(*) from ones", "1");
	assert_answer(w,
		      "select indisvalid from pg_index where indexrelid = 'ones_x_idx'::regclass",
		      "t");
}

/* Needs no server. The URL may hold a password, so no word of it is told. */
static void unreachable_may_be_tried_again(void **state)
{
	struct world *w = *state;
	assert_int_equal(migrate(w, "postgresql://someone:canary-7f@/x?host=/nonexistent", false),
			 MIGRATE_UNREACHABLE);
	assert_told(w->err, "cannot be reached");
	assert_null(strstr(w->err, "canary-7f"));
	/* Reserved for documentation, RFC 5737: nobody answers. */
	assert_int_equal(migrate(w, "host=192.0.2.1", true), MIGRATE_UNREACHABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fresh_then_nothing_to_do),	 TEST(plan_changes_nothing),
		TEST(refuses_what_does_not_fit), TEST(failing_leaves_no_trace),
		TEST(late_one_is_applied),	 TEST(up_to_date_needs_no_right_to_create),
		TEST(several_hosts_apply_once),	 TEST(unreachable_may_be_tried_again),
	};

	return cmocka_run_group_tests_name("db_migrate", tests, NULL, NULL);
}
