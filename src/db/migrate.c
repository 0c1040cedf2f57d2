/* SPDX-License-Identifier: MIT */
/*
 * Migrations, run before anything is served: blocking, on a connection of their own. The ledger
 * (schema_migrations) says what has run and what it looked like then.
 */
#include "db/migrate.h"

#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum {
	LOCK_KEY = 0x706f7374, /* "post": the advisory lock of all migrators */
	LOCK_POLL_US = 100000,
	LOCK_TRIES = 600,
	CHECKSUM = crypto_hash_sha256_BYTES * 2 + 1
};

static const char ledger_sql[] =
	"create table if not exists schema_migrations ("
	"  version integer not null,"
	"  name text not null,"
	"  checksum text not null,"
	"  applied_at timestamptz not null default now(),"
	"  constraint schema_migrations_version_pkey primary key (version))";

/* The first line of what the server had to say. */
static void complain(PGconn *pg, const char *what)
{
	const char *text = PQerrorMessage(pg);

	log_error("migrate", "%s: %.*s", what, (int)strcspn(text, "\n"), text);
}

static bool run(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(r);

	PQclear(r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void on_notice(void *ctx, const PGresult *r)
{
	(void)ctx;
	log_debug("migrate", "%s", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
}

/* Over the text as it stands in the binary: what a person would compare with the file. */
static void checksum(const struct migration *m, char out[static CHECKSUM])
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, (const uint8_t *)m->sql, strlen(m->sql));
	sodium_bin2hex(out, CHECKSUM, digest, sizeof digest);
}

static const struct migration *find(int version)
{
	for (const struct migration *m = migrations; m->name != NULL; m++)
		if (m->version == version)
			return m;
	return NULL;
}

static bool row_fits(const char *version, const char *name, const char *sum)
{
	const struct migration *m = find(atoi(version));
	char now[CHECKSUM];

	if (m == NULL) {
		log_error("migrate",
			  "%s has been applied, but this program does not have it: use the version "
			  "that"
			  " made this database, or a newer one",
			  name);
		return false;
	}
	checksum(m, now);
	if (strcmp(now, sum) == 0)
		return true;
	log_error(
		"migrate",
		"%s has changed since it was applied: restore migrations/%s.sql and put the change"
		" into a new migration",
		name, name);
	return false;
}

/* Reads the ledger: how far it goes, and whether all of it is known here. -1: it is not. */
static int applied(PGconn *pg)
{
	PGresult *r = PQexec(
		pg, "select version, name, checksum from schema_migrations order by version");
	int last = 0;

	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		complain(pg, "cannot read schema_migrations");
		last = -1;
	}
	for (int i = 0; last >= 0 && i < PQntuples(r); i++) {
		if (row_fits(PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), PQgetvalue(r, i, 2)))
			last = atoi(PQgetvalue(r, i, 0));
		else
			last = -1;
	}
	PQclear(r);
	return last;
}

static bool note(PGconn *pg, const struct migration *m)
{
	char version[12], sum[CHECKSUM];
	const char *values[] = { version, m->name, sum };

	snprintf(version, sizeof version, "%d", m->version);
	checksum(m, sum);

	PGresult *r = PQexecParams(
		pg, "insert into schema_migrations (version, name, checksum) values ($1, $2, $3)",
		3, NULL, values, NULL, NULL, 0);
	bool noted = PQresultStatus(r) == PGRES_COMMAND_OK;

	PQclear(r);
	return noted;
}

/* With its row in one transaction, unless it asks not to be in one (create index concurrently). */
static bool apply(PGconn *pg, const struct migration *m)
{
	bool alone = strncmp(m->sql, "-- no-transaction", strlen("-- no-transaction")) == 0;
	bool done = alone ? run(pg, m->sql) && note(pg, m)
			  : run(pg, "begin") && run(pg, m->sql) && note(pg, m) && run(pg, "commit");

	if (done) {
		log_info("migrate", "%s applied", m->name);
		return true;
	}
	complain(pg, m->name);
	if (!alone)
		run(pg, "rollback");
	return false;
}

/*
 * Polled: a session that waits inside pg_advisory_lock has a snapshot open, and CREATE INDEX
 * CONCURRENTLY in the one that holds the lock would wait for it in turn.
 */
static bool lock(PGconn *pg)
{
	char sql[64];

	snprintf(sql, sizeof sql, "select pg_try_advisory_lock(%d)", LOCK_KEY);
	for (int i = 0; i < LOCK_TRIES; i++) {
		PGresult *r = PQexec(pg, sql);
		bool got = PQresultStatus(r) == PGRES_TUPLES_OK && *PQgetvalue(r, 0, 0) == 't';
		bool failed = PQresultStatus(r) != PGRES_TUPLES_OK;

		PQclear(r);
		if (got)
			return true;
		if (failed)
			break;
		usleep(LOCK_POLL_US);
	}
	complain(pg, "another host is migrating, or the lock cannot be had");
	return false;
}

static bool has_ledger(PGconn *pg)
{
	PGresult *r = PQexec(pg, "select 1 where to_regclass('schema_migrations') is not null");
	bool has = PQntuples(r) == 1;

	PQclear(r);
	return has;
}

static enum migrate_result print_plan(PGconn *pg)
{
	int last = has_ledger(pg) ? applied(pg) : 0;

	if (last < 0)
		return MIGRATE_REFUSED;
	for (const struct migration *m = migrations; m->name != NULL; m++)
		if (m->version > last)
			printf("%s pending\n", m->name);
	return MIGRATE_OK;
}

static enum migrate_result migrate(PGconn *pg)
{
	/* A migration waits for locks only so long: behind it everybody else would queue up. */
	if (!run(pg, "set lock_timeout = '5s'; set statement_timeout = 0") || !lock(pg))
		return MIGRATE_UNREACHABLE;
	if (!run(pg, ledger_sql)) {
		complain(pg, "cannot make schema_migrations");
		return MIGRATE_REFUSED;
	}

	int last = applied(pg);

	if (last < 0)
		return MIGRATE_REFUSED;
	for (const struct migration *m = migrations; m->name != NULL; m++)
		if (m->version > last && !apply(pg, m))
			return MIGRATE_REFUSED;
	return MIGRATE_OK;
}

enum migrate_result migrate_run(struct secret url, bool plan)
{
	const char *keys[] = { "connect_timeout", "dbname", "fallback_application_name", NULL };
	const char *values[] = { "5", url.p, "postern-migrate", NULL };
	PGconn *pg = PQconnectdbParams(keys, values, 1);
	enum migrate_result result = MIGRATE_UNREACHABLE;

	if (PQstatus(pg) == CONNECTION_OK) {
		PQsetNoticeReceiver(pg, on_notice, NULL);
		result = plan ? print_plan(pg) : migrate(pg);
		if (result != MIGRATE_OK && PQstatus(pg) != CONNECTION_OK)
			result = MIGRATE_UNREACHABLE;
	} else {
		complain(pg, "the database cannot be reached");
	}
	/* Ends the session, and with it the lock. */
	PQfinish(pg);
	return result;
}
