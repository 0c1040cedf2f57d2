/* SPDX-License-Identifier: MIT */
/*
 * The migrations that have been applied, as schema_migrations tells them, and as this program has
 * them.
 */
#include "db/ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { CHECKSUM = crypto_hash_sha256_BYTES * 2 + 1 };

static const char ledger_sql[] =
	"create table schema_migrations ("
	"  version integer not null,"
	"  name text not null,"
	"  checksum text not null,"
	"  applied_at timestamptz not null default now(),"
	"  constraint schema_migrations_version_pkey primary key (version))";

/* Logs the first line of the server's message. */
void ledger_complain(PGconn *pg, const char *what)
{
	const char *text = PQerrorMessage(pg);

	log_error("migrate", "%s: %.*s", what, (int)strcspn(text, "\n"), text);
}

bool ledger_run(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(r);

	PQclear(r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/*
 * An error (no lock to be had, deadlock) is known by its code, for the text is in the server's
 * language.
 */
bool ledger_failed_with(const PGconn *pg, const char *state)
{
	char code[16];

	snprintf(code, sizeof code, " %s: ", state);
	return strstr(PQerrorMessage(pg), code) != NULL;
}

/*
 * The checksum of the text as it stands in the binary: a person would compare it with the file's.
 */
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
bool ledger_read(PGconn *pg, PGresult **ledger)
{
	bool known = true;

	*ledger = PQexec(pg,
			 "select version, name, checksum from schema_migrations order by version");
	if (PQresultStatus(*ledger) != PGRES_TUPLES_OK) {
		ledger_complain(pg, "cannot read schema_migrations");
		return false;
	}
	for (int i = 0; i < PQntuples(*ledger); i++)
		known = row_fits(PQgetvalue(*ledger, i, 0), PQgetvalue(*ledger, i, 1),
				 PQgetvalue(*ledger, i, 2)) &&
			known;
	return known;
}

/*
 * Each migration is asked for by itself, not the newest only: two branches may bring 0002 after
 * 0003 has run.
 */
bool ledger_has(const PGresult *ledger, const struct migration *m)
{
	for (int i = 0; i < PQntuples(ledger); i++)
		if (atoi(PQgetvalue(ledger, i, 0)) == m->version)
			return true;
	return false;
}

/* The second of two migrations with one number would count as applied once the first is. */
bool ledger_versions_differ(void)
{
	for (const struct migration *m = migrations; m->name != NULL; m++)
		if (find(m->version) != m) {
			log_error("migrate", "%s and %s have the same number: give one the next",
				  find(m->version)->name, m->name);
			return false;
		}
	return true;
}

bool ledger_note(PGconn *pg, const struct migration *m)
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

/* Whether somebody else has applied the migration meanwhile. */
bool ledger_has_now(PGconn *pg, const struct migration *m)
{
	char sql[80];

	snprintf(sql, sizeof sql, "select from schema_migrations where version = %d", m->version);

	PGresult *r = PQexec(pg, sql);
	bool done = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0;

	PQclear(r);
	return done;
}

/* Whether the ledger is there; false when the server would not say. */
bool ledger_ask(PGconn *pg, bool *there)
{
	PGresult *r = PQexec(pg, "select to_regclass('schema_migrations') is not null");
	bool answered = PQresultStatus(r) == PGRES_TUPLES_OK;

	*there = answered && *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	if (!answered)
		ledger_complain(pg, "cannot look for schema_migrations");
	return answered;
}

/* Makes the ledger: of several callers at once one does. */
bool ledger_make(PGconn *pg)
{
	bool there = false;

	/*
	 * "if not exists" is not used: it wants the right to create even where nothing is to be
	 * done.
	 */
	if (ledger_run(pg, ledger_sql))
		return true;
	/* The error is one of three, by how far the other caller is. */
	if (!ledger_failed_with(pg, "23505") && !ledger_failed_with(pg, "42P07") &&
	    !ledger_failed_with(pg, "42710")) {
		ledger_complain(pg, "cannot make schema_migrations");
		return false;
	}
	return ledger_ask(pg, &there) && there;
}

bool ledger_nobody(PGconn *pg)
{
	PGresult *r = PQexec(pg, "select not exists (select from users)");
	bool nobody = PQresultStatus(r) == PGRES_TUPLES_OK && PQgetvalue(r, 0, 0)[0] == 't';

	PQclear(r);
	return nobody;
}
