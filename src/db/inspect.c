/* SPDX-License-Identifier: MIT */
#include "db/inspect.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "db/dial.h"
#include "db/hosts.h"
#include "db/notice.h"
#include "db/sqlstate.h"

enum {
	PATIENCE_US = 5000000,
	OLDEST = 140000 /* the first version with SQL-standard function bodies */
};

/* Logs why, with the first line of libpq's message. */
static void tell_unreachable(const PGconn *pg, bool silent)
{
	const char *text = pg == NULL ? "out of memory" : PQerrorMessage(pg);

	if (silent)
		log_error("db", "cannot be reached: the server does not answer");
	else
		log_error("db", "cannot be reached: %.*s", (int)strcspn(text, "\n"), text);
}

static struct dialled connect_to(const struct dial_options *how)
{
	struct dial *d = dial_start(how);

	if (d == NULL)
		return (struct dialled){ 0 };

	struct pollfd p = { .fd = dial_fd(d), .events = POLLIN };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
	return dial_take(d);
}

PGconn *inspect_connect(struct secret url, const char *name, bool *pooled)
{
	struct dial_options how = { .url = url, .name = name, .hosts = hosts_count(url) };
	struct dialled end = { .silent = true };

	/* libpq goes on to the next host when one refuses, but not when it is silent. */
	for (; end.silent && how.first_host < how.hosts; how.first_host++) {
		PQfinish(end.pg);
		how.patience = PATIENCE_US;
		end = connect_to(&how);
	}
	if (end.pg == NULL || end.silent || PQstatus(end.pg) != CONNECTION_OK) {
		tell_unreachable(end.pg, end.silent);
		PQfinish(end.pg);
		return NULL;
	}
	PQsetNoticeReceiver(end.pg, notice_log, (void *)(uintptr_t)name);
	if (end.pooled)
		log_info("database", "a pooler stands in between: each statement is planned anew");
	if (pooled != NULL)
		*pooled = end.pooled;
	return end.pg;
}

/* Encodings but UTF8 cannot hold every name; SQL_ASCII keeps bytes, and ours are UTF-8. */
static bool encoding_fits(const PGconn *pg)
{
	const char *encoding = PQparameterStatus(pg, "server_encoding");

	if (encoding == NULL || strcmp(encoding, "UTF8") == 0)
		return true;
	if (strcmp(encoding, "SQL_ASCII") == 0) {
		log_warn("database",
			 "its encoding is SQL_ASCII, which checks nothing: better make one with"
			 " createdb -T template0 -E UTF8, and restore the data there");
		return true;
	}
	log_error("database",
		  "its encoding is %s, which cannot hold every name: make one with"
		  " createdb -T template0 -E UTF8, and restore the data there",
		  encoding);
	return false;
}

/* Each question gives a row where something is amiss, in words for the person who can mend it. */
static const char *const questions[] = {
	"select pg_catalog.format('its collation has another version than the system''s now, by "
	"which rows "
	"may not"
	" be found: reindex database %1$I, then alter database %1$I refresh collation version', "
	"datname)"
	" from pg_database where datname = current_database()"
	" and datcollversion <> pg_database_collation_actual_version(oid)",

	"select 'it is a standby, which takes no changes: let database.url lead to the primary"
	" (target_session_attrs=read-write)' where pg_is_in_recovery()",

	"select 'default_transaction_read_only is on, so it takes no changes: alter database or "
	"role ..."
	" reset it' where not pg_is_in_recovery()"
	" and current_setting('default_transaction_read_only')::bool",

	"select pg_catalog.format('session_replication_role is %s, so triggers do not run: alter "
	"database or "
	"role"
	" ... reset it', current_setting('session_replication_role'))"
	" where current_setting('session_replication_role') <> 'origin'",

	"select pg_catalog.format('%s is off, so what was acknowledged may be lost in a crash: set "
	"it on', "
	"name)"
	" from pg_settings where name in ('fsync', 'synchronous_commit')"
	" and setting = 'off'",

	NULL
};

/*
 * The question gives a row where the limits are below what the pool will want, whoever else has
 * connections.
 */
static const char connections_sql[] =
	"select pg_catalog.format('it lets %I have %s connections, and database.max_connections is "
	"%s: raise "
	"its"
	" limit (max_connections, alter role or database ... connection limit) or lower that',"
	" current_user, most, $1::integer) from"
	" (select least(current_setting('max_connections')::integer"
	"  - current_setting('superuser_reserved_connections')::integer,"
	"  (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),"
	"  (select nullif(datconnlimit, -1) from pg_database where datname = current_database()))"
	"  as most) as allowed where most < $1::integer";

/* Whether anybody else could sit between us and the server. */
static bool is_remote(const PGconn *pg)
{
	const char *host = PQhost(pg), *address = PQhostaddr(pg);

	if (host == NULL || address == NULL || host[0] == '/' || host[0] == '@')
		return false;
	return strncmp(address, "127.", 4) != 0 && strcmp(address, "::1") != 0;
}

/* Whether sslmode, from the URL or from the environment, has libpq check the certificate. */
static bool checks_certificate(PGconn *pg)
{
	PQconninfoOption *options = PQconninfo(pg);
	bool checks = false;

	for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, "sslmode") == 0 && o->val != NULL)
			checks = strncmp(o->val, "verify-", strlen("verify-")) == 0;
	PQconninfoFree(options);
	return checks;
}

/* libpq's own choice is to take what it gets (sslmode=prefer). */
static void warn_of_way(PGconn *pg)
{
	if (!is_remote(pg) || PQgssEncInUse(pg))
		return;
	if (!PQsslInUse(pg))
		log_warn("database",
			 "what is said to %s can be read and changed on the way: set ssl on there,"
			 " and sslmode=verify-full in database.url",
			 PQhost(pg));
	else if (!checks_certificate(pg))
		log_warn("database",
			 "nothing makes sure that it is %s that answers: set sslmode=verify-full"
			 " in database.url, with sslrootcert",
			 PQhost(pg));
}

static void tell(PGresult *r)
{
	for (int i = 0; PQresultStatus(r) == PGRES_TUPLES_OK && i < PQntuples(r); i++)
		log_warn("database", "%s", PQgetvalue(r, i, 0));
	PQclear(r);
}

static void warn(PGconn *pg, size_t connections)
{
	char n[24];

	snprintf(n, sizeof n, "%zu", connections);
	for (size_t i = 0; questions[i] != NULL; i++)
		tell(PQexec(pg, questions[i]));
	tell(PQexecParams(pg, connections_sql, 1, NULL, (const char *[]){ n }, NULL, NULL, 0));
}

bool inspect(PGconn *pg, size_t connections)
{
	if (PQserverVersion(pg) < OLDEST) {
		log_error("database", "PostgreSQL %d is too old: %d or newer is needed",
			  PQserverVersion(pg) / 10000, OLDEST / 10000);
		return false;
	}
	if (!encoding_fits(pg))
		return false;
	warn_of_way(pg);
	warn(pg, connections);
	return true;
}

static bool can_prepare(PGconn *pg, const struct db_statement *s)
{
	PGresult *r = PQprepare(pg, "", s->sql, (int)s->param_count, NULL);
	bool can = PQresultStatus(r) == PGRES_COMMAND_OK, locked = sqlstate_locked(r);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (text == NULL)
		text = PQerrorMessage(pg);
	if (locked)
		log_warn("database", "%s could not be prepared: %s", s->name, text);
	else if (!can)
		log_error("database",
			  "%s cannot be prepared, so what needs it would fail: %.*s; the database"
			  " is not as its migrations have made it",
			  s->name, (int)strcspn(text, "\n"), text);
	PQclear(r);
	return can || locked;
}

bool inspect_statements(PGconn *pg, const struct db_statement *const *statements)
{
	bool all = true;

	/* The settings end with the transaction, also where a pooler lends the connection. */
	PQclear(PQexec(pg, "begin; set local lock_timeout = 10; savepoint before"));
	for (size_t i = 0; statements[i] != NULL && PQstatus(pg) == CONNECTION_OK; i++) {
		all &= can_prepare(pg, statements[i]);
		if (PQtransactionStatus(pg) == PQTRANS_INERROR)
			PQclear(PQexec(pg, "rollback to before"));
	}
	PQclear(PQexec(pg, "rollback"));
	return all && PQstatus(pg) == CONNECTION_OK;
}
