/* SPDX-License-Identifier: MIT */
/*
 * Migrations, run before anything is served: blocking, on a connection of their own. The ledger
 * (schema_migrations) says what has run and what it looked like then.
 */
#include "db/migrate.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/inspect.h"
#include "db/ledger.h"
#include "db/retention.h"
#include "db/rights.h"

enum { LOCK_POLL_US = 100000, LOCK_TRIES = 600, APPLY_TRIES = 5 };

/* A word of statements that refuse a transaction. */
static const char aside[] = "concurrently";

/* A migrator: where it migrates to, and by which connection. */
struct migrator {
	const struct migrate_how *how;
	PGconn *pg;
	bool pooled;
};

/*
 * Begins a transaction in which one migrator at a time is. The ledger is locked, so the lock goes
 * with the transaction, whoever ends that, and is known behind a pooler too; readers go on. The
 * lock is polled for: a migrator that waits inside the server stands in the way of others there.
 */
static bool lock(PGconn *pg)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (ledger_run(
			    pg,
			    "begin; set local idle_in_transaction_session_timeout = 0;"
			    " lock table schema_migrations in share update exclusive mode nowait"))
			return true;

		bool taken = ledger_failed_with(pg, "55P03");

		if (!taken)
			ledger_complain(pg, "the lock of the migrators cannot be had");
		ledger_run(pg, "rollback");
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

/*
 * Applies a migration together with its row. Its settings (search_path) are not to reach the
 * ledger.
 */
static bool apply_together(PGconn *pg, const char *sql, const struct migration *m)
{
	/* The migration waits for a lock only so long: behind it everybody else would queue up. */
	if (!ledger_run(pg, "set local lock_timeout = '5s'; set local statement_timeout = 0"))
		return false;

	bool done = ledger_run(pg, sql);

	if (PQtransactionStatus(pg) == PQTRANS_IDLE) {
		log_error("migrate",
			  "%s ends its transaction itself: what it did until then stays, without a "
			  "row"
			  " in schema_migrations; undo it and take the commit out",
			  m->name);
		return false;
	}
	return done && ledger_run(pg, "reset all") && ledger_note(pg, m) &&
	       ledger_run(pg, "commit");
}

/*
 * Applies one statement that refuses a transaction (create index concurrently). It waits for every
 * older transaction, but nobody waits behind it, so it has no lock_timeout.
 */
static bool apply_alone(PGconn *pg, const struct migration *m)
{
	return ledger_run(pg, "set lock_timeout = 0; set statement_timeout = 0") &&
	       ledger_run(pg, m->sql) && ledger_run(pg, "reset all") && ledger_note(pg, m);
}

static bool is_alone(const struct migration *m)
{
	return strncmp(m->sql, "-- no-transaction", strlen("-- no-transaction")) == 0;
}

/*
 * Whether a migration runs in a transaction. An index can where nobody has an account yet, for
 * there it is in nobody's way.
 */
static bool is_together(const struct migrator *by, const struct migration *m)
{
	return !is_alone(m) || (strstr(m->sql, aside) != NULL && ledger_nobody(by->pg));
}

/* The text of a migration that is_together; the caller frees it. NULL when out of memory. */
static char *sql_together(const struct migration *m)
{
	char *sql = strdup(m->sql), *at = sql;

	while (at != NULL && is_alone(m) && (at = strstr(at, aside)) != NULL)
		memset(at, ' ', sizeof aside - 1);
	return sql;
}

static bool failed(PGconn *pg, const struct migration *m, bool alone)
{
	if (PQerrorMessage(pg)[0] != '\0')
		ledger_complain(pg, m->name);
	if (alone)
		log_error("migrate",
			  "%s runs without a transaction: undo what it has done (drop an invalid "
			  "index)"
			  " before it is tried again",
			  m->name);
	else
		ledger_run(pg, "rollback");
	return false;
}

/* Connects as the owner of the tables, which may be the role that serves. */
static PGconn *connect_owner(const struct migrate_how *how, bool *pooled)
{
	return inspect_connect(how->owner_url.n > 0 ? how->owner_url : how->url, "migrate", pooled);
}

/*
 * Another connection holds the lock: it has no snapshot while it does, and so is not one of the
 * transactions that CREATE INDEX CONCURRENTLY waits for.
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

	PGconn *keeper = connect_owner(by->how, NULL);

	if (keeper == NULL)
		return false;
	PQsetErrorVerbosity(keeper, PQERRORS_VERBOSE);

	bool locked = lock(keeper), had = locked && ledger_has_now(by->pg, m);
	bool done = had || (locked && (apply_alone(by->pg, m) || failed(by->pg, m, true)));

	if (done && !had)
		log_info("migrate", "%s applied", m->name);
	PQfinish(keeper);
	return done;
}

static bool try_together(struct migrator *by, const char *sql, const struct migration *m)
{
	for (int i = 1;; i++) {
		if (!lock(by->pg))
			return false;
		if (ledger_has_now(by->pg, m))
			return ledger_run(by->pg, "rollback");
		if (apply_together(by->pg, sql, m)) {
			log_info("migrate", "%s applied", m->name);
			return true;
		}
		if (i == APPLY_TRIES ||
		    !(ledger_failed_with(by->pg, "55P03") || ledger_failed_with(by->pg, "40P01")))
			return failed(by->pg, m, false);
		ledger_complain(by->pg, m->name);
		log_warn("migrate", "%s: trying again", m->name);
		ledger_run(by->pg, "rollback");
	}
}

static bool do_together(struct migrator *by, const struct migration *m)
{
	char *sql = sql_together(m);
	bool done = sql != NULL && try_together(by, sql, m);

	free(sql);
	return done;
}

static enum migrate_result each_pending(struct migrator *by, const PGresult *ledger)
{
	bool pending = false;

	for (const struct migration *m = migrations; m->name != NULL; m++) {
		if (ledger_has(ledger, m))
			continue;
		pending = true;
		if (by->how->plan)
			printf("%s pending\n", m->name);
		else if (!(is_together(by, m) ? do_together(by, m) : do_alone(by, m)))
			return MIGRATE_REFUSED;
	}
	return pending && by->how->plan ? MIGRATE_PENDING : MIGRATE_OK;
}

/*
 * Keeps a role that serves and is not the owner from making anything that would be run as the
 * owner.
 */
static bool close_places(struct migrator *by)
{
	return by->how->owner_url.n == 0 || rights_close(by->pg, by->how->url);
}

/* Gives its rights to a role that serves and is not the owner. */
static bool give_rights(struct migrator *by)
{
	bool fit = true;

	if (by->how->owner_url.n == 0)
		return true;
	if (!rights_fit(by->pg, by->how->url, &fit))
		return false;
	if (fit)
		return true;
	if (!lock(by->pg))
		return false;
	if (rights_grant(by->pg, by->how->url) && ledger_run(by->pg, "commit"))
		return true;
	ledger_run(by->pg, "rollback");
	return false;
}

static enum migrate_result migrate(struct migrator *by)
{
	PGresult *ledger = NULL;
	bool there = false, plan = by->how->plan;

	if (!ledger_versions_differ() || !ledger_ask(by->pg, &there))
		return MIGRATE_REFUSED;
	if (!there && !plan && !ledger_make(by->pg))
		return MIGRATE_REFUSED;

	bool known = (!there && plan) || ledger_read(by->pg, &ledger);
	enum migrate_result result = known ? each_pending(by, ledger) : MIGRATE_REFUSED;

	PQclear(ledger);
	if (result == MIGRATE_OK && !plan &&
	    !(give_rights(by) && retention_set(by->pg, by->how->audit_keep_us)))
		result = MIGRATE_REFUSED;
	return result;
}

enum migrate_result migrate_run(const struct migrate_how *how)
{
	struct migrator by = { .how = how };
	enum migrate_result result = MIGRATE_REFUSED;

	by.pg = connect_owner(how, &by.pooled);
	if (by.pg == NULL)
		return MIGRATE_UNREACHABLE;
	/* Messages of errors come with their codes. */
	PQsetErrorVerbosity(by.pg, PQERRORS_VERBOSE);
	if (how->plan || (close_places(&by) && inspect(by.pg, 0)))
		result = migrate(&by);
	if (result != MIGRATE_OK && PQstatus(by.pg) != CONNECTION_OK)
		result = MIGRATE_UNREACHABLE;
	PQfinish(by.pg);
	return result;
}

/*
 * Whether all migrations are applied; says what is to be done if not. A ledger with more than these
 * is of a newer version, which is about to come.
 */
static bool all_applied(PGconn *pg)
{
	for (const struct migration *m = migrations; m->name != NULL; m++) {
		if (ledger_has_now(pg, m))
			continue;
		log_error("migrate", "%s is pending: run postern migrate", m->name);
		return false;
	}
	return true;
}

enum migrate_result migrate_look(const struct migrate_how *how)
{
	PGconn *pg = inspect_connect(how->url, "migrate", NULL);
	enum migrate_result result = MIGRATE_UNREACHABLE;

	if (pg == NULL)
		return result;
	result = inspect(pg, how->connections) && rights_suffice(pg) &&
				 (!how->whole || all_applied(pg))
			 ? MIGRATE_OK
			 : MIGRATE_REFUSED;
	if (result == MIGRATE_OK && how->owner_url.n > 0)
		rights_tell_excess(pg);
	if (result == MIGRATE_OK && retention_differs(pg, how->audit_keep_us))
		log_warn("database", "audit.retention is not what the database goes by:"
				     " postern migrate, or a start that migrates, tells it");
	PQfinish(pg);
	return result;
}

enum migrate_result migrate_try(struct secret url, const struct db_statement *const *statements)
{
	PGconn *pg = inspect_connect(url, "migrate", NULL);
	enum migrate_result result = MIGRATE_UNREACHABLE;

	if (pg == NULL)
		return result;
	if (inspect_statements(pg, statements))
		result = MIGRATE_OK;
	else if (PQstatus(pg) == CONNECTION_OK)
		result = MIGRATE_REFUSED;
	PQfinish(pg);
	return result;
}
