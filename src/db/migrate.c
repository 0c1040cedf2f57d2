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
	LOCK_POLL_US = 100000,
	LOCK_TRIES = 600,
	APPLY_TRIES = 5,
	CHECKSUM = crypto_hash_sha256_BYTES * 2 + 1
};

/* Who migrates: where to, and by which connection. */
struct migrator {
	struct secret url;
	PGconn *pg;
	bool pooled;
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

/* No lock to be had, deadlock: by code, for the text is in the server's language. */
static bool failed_with(const PGconn *pg, const char *state)
{
	char code[16];

	snprintf(code, sizeof code, " %s: ", state);
	return strstr(PQerrorMessage(pg), code) != NULL;
}

/*
 * Begins a transaction in which one migrator at a time is. What it locks is the ledger, so the lock
 * goes with the transaction, whoever ends that, and is known behind a pooler too; readers go on.
 * Polled: who waits inside the server stands in the way of others there.
 */
static bool lock(PGconn *pg)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (run(pg, "begin; set local idle_in_transaction_session_timeout = 0;"
			    " lock table schema_migrations in share update exclusive mode nowait"))
			return true;

		bool taken = failed_with(pg, "55P03");

		if (!taken)
			complain(pg, "the lock of the migrators cannot be had");
		run(pg, "rollback");
		if (!taken)
			return false;
		if (i == 0)
			log_info("migrate", "another host is migrating: waiting for it");
		log_flush();
		usleep(LOCK_POLL_US);
	}
	log_error("migrate",
		  "another host has been migrating for a minute: look at it, or try again");
	return false;
}

/* Whether somebody else has done it meanwhile. */
static bool is_done(PGconn *pg, const struct migration *m)
{
	char sql[80];

	snprintf(sql, sizeof sql, "select from schema_migrations where version = %d", m->version);

	PGresult *r = PQexec(pg, sql);
	bool done = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0;

	PQclear(r);
	return done;
}

/* Together with its row. What it has set (search_path) is not to reach the ledger. */
static bool apply_together(PGconn *pg, const struct migration *m)
{
	/* It waits for a lock only so long: behind it everybody else would queue up. */
	if (!run(pg, "set local lock_timeout = '5s'; set local statement_timeout = 0"))
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

static bool is_alone(const struct migration *m)
{
	return strncmp(m->sql, "-- no-transaction", strlen("-- no-transaction")) == 0;
}

static bool failed(PGconn *pg, const struct migration *m)
{
	if (PQerrorMessage(pg)[0] != '\0')
		complain(pg, m->name);
	if (is_alone(m))
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
 * The lock is held by another connection: that has no snapshot while it does, and so is not one of
 * the transactions that CREATE INDEX CONCURRENTLY waits for.
 */
static bool do_alone(struct migrator *by, const struct migration *m)
{
	if (by->pooled) {
		log_error(
			"migrate",
			"%s runs without a transaction, for which a pooler may lend any connection:"
			" let database.url lead to PostgreSQL itself for this, as in"
			" APP__DATABASE__URL=... postern migrate",
			m->name);
		return false;
	}

	PGconn *keeper = inspect_connect(by->url, "migrate", NULL);

	if (keeper == NULL)
		return false;
	PQsetErrorVerbosity(keeper, PQERRORS_VERBOSE);

	bool locked = lock(keeper), had = locked && is_done(by->pg, m);
	bool done = had || (locked && (apply_alone(by->pg, m) || failed(by->pg, m)));

	if (done && !had)
		log_info("migrate", "%s applied", m->name);
	PQfinish(keeper);
	return done;
}

static bool do_together(struct migrator *by, const struct migration *m)
{
	for (int i = 1;; i++) {
		if (!lock(by->pg))
			return false;
		if (is_done(by->pg, m))
			return run(by->pg, "rollback");
		if (apply_together(by->pg, m)) {
			log_info("migrate", "%s applied", m->name);
			return true;
		}
		if (i == APPLY_TRIES ||
		    !(failed_with(by->pg, "55P03") || failed_with(by->pg, "40P01")))
			return failed(by->pg, m);
		complain(by->pg, m->name);
		log_warn("migrate", "%s: trying again", m->name);
		run(by->pg, "rollback");
	}
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

static enum migrate_result each_pending(struct migrator *by, const PGresult *ledger, bool plan)
{
	for (const struct migration *m = migrations; m->name != NULL; m++) {
		if (is_applied(ledger, m))
			continue;
		if (plan)
			printf("%s pending\n", m->name);
		else if (!(is_alone(m) ? do_alone(by, m) : do_together(by, m)))
			return MIGRATE_REFUSED;
	}
	return MIGRATE_OK;
}

/* Of several that make it at once one does. */
static bool make_ledger(PGconn *pg)
{
	bool there = false;

	/* Not "if not exists": that wants the right to create even where nothing is to be done. */
	if (run(pg, ledger_sql))
		return true;
	if (!failed_with(pg, "23505") && !failed_with(pg, "42P07")) {
		complain(pg, "cannot make schema_migrations");
		return false;
	}
	return ask_ledger(pg, &there) && there;
}

static enum migrate_result migrate(struct migrator *by, bool plan)
{
	PGresult *ledger = NULL;
	bool there = false;

	if (!versions_differ() || !ask_ledger(by->pg, &there))
		return MIGRATE_REFUSED;
	if (!there && !plan && !make_ledger(by->pg))
		return MIGRATE_REFUSED;

	bool known = (!there && plan) || read_ledger(by->pg, &ledger);
	enum migrate_result result = known ? each_pending(by, ledger, plan) : MIGRATE_REFUSED;

	PQclear(ledger);
	return result;
}

enum migrate_result migrate_run(struct secret url, bool plan)
{
	struct migrator by = { .url = url };
	enum migrate_result result = MIGRATE_REFUSED;

	by.pg = inspect_connect(url, "migrate", &by.pooled);
	if (by.pg == NULL)
		return MIGRATE_UNREACHABLE;
	/* With the code of an error. */
	PQsetErrorVerbosity(by.pg, PQERRORS_VERBOSE);
	if (inspect(by.pg))
		result = migrate(&by, plan);
	if (result != MIGRATE_OK && PQstatus(by.pg) != CONNECTION_OK)
		result = MIGRATE_UNREACHABLE;
	PQfinish(by.pg);
	return result;
}

enum migrate_result migrate_look(struct secret url)
{
	PGconn *pg = inspect_connect(url, "migrate", NULL);
	enum migrate_result result = MIGRATE_UNREACHABLE;

	if (pg != NULL)
		result = inspect(pg) ? MIGRATE_OK : MIGRATE_REFUSED;
	PQfinish(pg);
	return result;
}
