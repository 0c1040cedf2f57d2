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
#include "db/inspect.h"

enum {
	LOCK_KEY = 0x706f7374, /* "post": the advisory lock of all migrators */
	LOCK_POLL_US = 100000,
	LOCK_TRIES = 600,
	APPLY_TRIES = 5,
	CHECKSUM = crypto_hash_sha256_BYTES * 2 + 1
};

static const char ledger_sql[] =
	"create table schema_migrations ("
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

/* Reads the ledger; false unless all of it is known here. The caller clears *ledger. */
static bool read_ledger(PGconn *pg, PGresult **ledger)
{
	bool known = true;

	*ledger = PQexec(pg,
			 "select version, name, checksum from schema_migrations order by version");
	if (PQresultStatus(*ledger) != PGRES_TUPLES_OK) {
		complain(pg, "cannot read schema_migrations");
		return false;
	}
	for (int i = 0; i < PQntuples(*ledger); i++)
		known = row_fits(PQgetvalue(*ledger, i, 0), PQgetvalue(*ledger, i, 1),
				 PQgetvalue(*ledger, i, 2)) &&
			known;
	return known;
}

/*
 * Asked of each by itself, not of the newest: two branches may bring 0002 after 0003 has run.
 */
static bool is_applied(const PGresult *ledger, const struct migration *m)
{
	for (int i = 0; i < PQntuples(ledger); i++)
		if (atoi(PQgetvalue(ledger, i, 0)) == m->version)
			return true;
	return false;
}

/* The second of two with one number would count as applied once the first is. */
static bool versions_differ(void)
{
	for (const struct migration *m = migrations; m->name != NULL; m++)
		if (find(m->version) != m) {
			log_error("migrate", "%s and %s have the same number: give one the next",
				  find(m->version)->name, m->name);
			return false;
		}
	return true;
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

/* Together with its row. What it has set (search_path) is not to reach the ledger. */
static bool apply_together(PGconn *pg, const struct migration *m)
{
	/* It waits for a lock only so long: behind it everybody else would queue up. */
	if (!run(pg, "begin; set local lock_timeout = '5s'; set local statement_timeout = 0"))
		return false;

	bool done = run(pg, m->sql);

	if (PQtransactionStatus(pg) == PQTRANS_IDLE) {
		log_error("migrate",
			  "%s ends its transaction itself: what it did until then stays, without a "
			  "row"
			  " in schema_migrations; undo it and take the commit out",
			  m->name);
		return false;
	}
	return done && run(pg, "reset all") && note(pg, m) && run(pg, "commit");
}

/*
 * One statement that refuses a transaction (create index concurrently). It waits for every older
 * transaction, but nobody waits behind it, so it has no lock_timeout.
 */
static bool apply_alone(PGconn *pg, const struct migration *m)
{
	return run(pg, "set lock_timeout = 0; set statement_timeout = 0") && run(pg, m->sql) &&
	       run(pg, "reset all") && note(pg, m);
}

/* No lock to be had, deadlock: by code, for the text is in the server's language. */
static bool may_pass(const PGconn *pg)
{
	return strstr(PQerrorMessage(pg), " 55P03: ") != NULL ||
	       strstr(PQerrorMessage(pg), " 40P01: ") != NULL;
}

static bool apply(PGconn *pg, const struct migration *m)
{
	bool alone = strncmp(m->sql, "-- no-transaction", strlen("-- no-transaction")) == 0;
	bool done = alone ? apply_alone(pg, m) : apply_together(pg, m);

	for (int i = 1; !done && !alone && i < APPLY_TRIES && may_pass(pg); i++) {
		complain(pg, m->name);
		log_warn("migrate", "%s: trying again", m->name);
		run(pg, "rollback");
		done = apply_together(pg, m);
	}
	if (done) {
		log_info("migrate", "%s applied", m->name);
		return true;
	}
	if (PQerrorMessage(pg)[0] != '\0')
		complain(pg, m->name);
	if (alone)
		log_error("migrate",
			  "%s runs without a transaction: undo what it has done (drop an invalid "
			  "index)"
			  " before it is tried again",
			  m->name);
	else
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
		if (failed) {
			complain(pg, "the lock of the migrators cannot be had");
			return false;
		}
		if (i == 0)
			log_info("migrate", "another host is migrating: waiting for it");
		log_flush();
		usleep(LOCK_POLL_US);
	}
	log_error("migrate",
		  "another host has been migrating for a minute: look at it, or try again");
	return false;
}

/* Whether the ledger is there; false when the server would not say. */
static bool ask_ledger(PGconn *pg, bool *there)
{
	PGresult *r = PQexec(pg, "select to_regclass('schema_migrations') is not null");
	bool answered = PQresultStatus(r) == PGRES_TUPLES_OK;

	*there = answered && *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	if (!answered)
		complain(pg, "cannot look for schema_migrations");
	return answered;
}

static enum migrate_result each_pending(PGconn *pg, const PGresult *ledger, bool plan)
{
	for (const struct migration *m = migrations; m->name != NULL; m++) {
		if (is_applied(ledger, m))
			continue;
		if (plan)
			printf("%s pending\n", m->name);
		else if (!apply(pg, m))
			return MIGRATE_REFUSED;
	}
	return MIGRATE_OK;
}

static enum migrate_result migrate(PGconn *pg, bool plan)
{
	PGresult *ledger = NULL;
	bool there = false;

	if (!versions_differ())
		return MIGRATE_REFUSED;
	if (!plan && !lock(pg))
		return MIGRATE_UNREACHABLE;
	if (!ask_ledger(pg, &there))
		return MIGRATE_REFUSED;
	/* Not "if not exists": that wants the right to create even where nothing is to be done. */
	if (!there && !plan && !run(pg, ledger_sql)) {
		complain(pg, "cannot make schema_migrations");
		return MIGRATE_REFUSED;
	}

	bool known = (!there && plan) || read_ledger(pg, &ledger);
	enum migrate_result result = known ? each_pending(pg, ledger, plan) : MIGRATE_REFUSED;

	PQclear(ledger);
	return result;
}

enum migrate_result migrate_run(struct secret url, bool plan)
{
	PGconn *pg = inspect_connect(url, "migrate");
	enum migrate_result result = MIGRATE_REFUSED;

	if (pg == NULL)
		return MIGRATE_UNREACHABLE;
	/* With the code of an error. */
	PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
	if (inspect(pg))
		result = migrate(pg, plan);
	if (result != MIGRATE_OK && PQstatus(pg) != CONNECTION_OK)
		result = MIGRATE_UNREACHABLE;
	/* Ends the session, and with it the lock. */
	PQfinish(pg);
	return result;
}

enum migrate_result migrate_look(struct secret url)
{
	PGconn *pg = inspect_connect(url, "migrate");
	enum migrate_result result = MIGRATE_UNREACHABLE;

	if (pg != NULL)
		result = inspect(pg) ? MIGRATE_OK : MIGRATE_REFUSED;
	PQfinish(pg);
	return result;
}
