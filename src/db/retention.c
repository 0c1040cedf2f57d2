/* SPDX-License-Identifier: MIT */
#include "db/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* The interval is null for 0. */
#define KEEP "nullif($1::bigint, 0) * interval '1 microsecond'"

static const char differs[] = "select from audit_retention where keep is distinct from " KEEP;
static const char set[] = "update audit_retention set keep = " KEEP;

/* The number of rows in an answer; 0 for a command without rows; -1: it failed. */
static int rows(PGconn *pg, const char *sql, int64_t keep_us)
{
	char text[24];
	int n = -1;

	snprintf(text, sizeof text, "%" PRId64, keep_us);

	PGresult *r = PQexecParams(pg, sql, 1, NULL, (const char *[]){ text }, NULL, NULL, 0);

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		n = PQntuples(r);
	else if (PQresultStatus(r) == PGRES_COMMAND_OK)
		n = 0;
	PQclear(r);
	return n;
}

static bool is_there(PGconn *pg)
{
	PGresult *r = PQexec(pg, "select from pg_class where oid = to_regclass('audit_retention')");
	bool there = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;

	PQclear(r);
	return there;
}

bool retention_differs(PGconn *pg, int64_t keep_us)
{
	return is_there(pg) && rows(pg, differs, keep_us) > 0;
}

bool retention_set(PGconn *owner, int64_t keep_us)
{
	if (!retention_differs(owner, keep_us))
		return true;
	if (rows(owner, set, keep_us) == 0) {
		log_info("migrate", "audit.retention is told to the database");
		return true;
	}

	const char *text = PQerrorMessage(owner);

	log_error("migrate", "audit.retention cannot be told to the database: %.*s",
		  (int)strcspn(text, "\n"), text);
	return false;
}
