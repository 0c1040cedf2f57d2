/* SPDX-License-Identifier: MIT */
#include "db/inspect.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/dial.h"
#include "db/hosts.h"
#include "db/notice.h"

enum { PATIENCE_US = 5000000 };

/* With the first line of what libpq has to say. */
static void unreachable(const PGconn *pg, bool silent)
{
	const char *text = pg == NULL ? "out of memory" : PQerrorMessage(pg);

	if (silent)
		log_error("database", "cannot be reached: the server does not answer");
	else
		log_error("database", "cannot be reached: %.*s", (int)strcspn(text, "\n"), text);
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
		unreachable(end.pg, end.silent);
		PQfinish(end.pg);
		return NULL;
	}
	PQsetNoticeReceiver(end.pg, notice_log, (void *)(uintptr_t)name);
	if (pooled != NULL)
		*pooled = end.pooled;
	return end.pg;
}

static bool is(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	bool yes = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0 &&
		   strcmp(PQgetvalue(r, 0, 0), "t") == 0;

	PQclear(r);
	return yes;
}

/* Other encodings cannot hold every name; SQL_ASCII keeps bytes, and ours are UTF-8. */
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

static void warn(PGconn *pg)
{
	if (is(pg, "select datcollversion <> pg_database_collation_actual_version(oid)"
		   " from pg_database where datname = current_database()"))
		log_warn(
			"database",
			"its collation has another version than the system's now, by which rows may"
			" not be found: reindex database %s, then alter database %s refresh"
			" collation version",
			PQdb(pg), PQdb(pg));
	if (is(pg, "select pg_is_in_recovery()"))
		log_warn("database", "it is a standby, which takes no changes: let database.url"
				     " lead to the primary (target_session_attrs=read-write)");
	else if (is(pg, "select current_setting('default_transaction_read_only') = 'on'"))
		log_warn("database", "default_transaction_read_only is on, so it takes no changes:"
				     " alter database or role ... reset it");
}

bool inspect(PGconn *pg)
{
	if (!encoding_fits(pg))
		return false;
	warn(pg);
	return true;
}
