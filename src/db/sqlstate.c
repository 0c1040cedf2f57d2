/* SPDX-License-Identifier: MIT */
#include "db/sqlstate.h"

#include <string.h>

#include "base/instant.h"
#include "base/log.h"

enum {
	/* A connection as young as this refuses writes as a newer one would: see sqlstate_stale. */
	YOUNG_US = 500000
};

#define READ_ONLY_REMEDY                                                                           \
	"; it is a standby (let database.url lead to the primary), or"                             \
	" default_transaction_read_only is on (alter database or role ... reset it)"

/* SQLSTATE classes and codes: PostgreSQL, appendix A. */
static bool starts(const char *state, const char *with)
{
	return strncmp(state, with, strlen(with)) == 0;
}

static bool read_only(const char *state)
{
	return starts(state, "25006");
}

/* "cached plan must not change result type". Of what an engine cannot do, the code is the same, and
 * a new connection cannot do it either; where it comes from is in no language. */
static bool replanned(const PGresult *r, const char *state)
{
	const char *function = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);

	return starts(state, "0A000") && function != NULL &&
	       strcmp(function, "RevalidateCachedQuery") == 0;
}

bool sqlstate_stale(const PGresult *r, int64_t up_at)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (state == NULL)
		return false;
	/*
	 * The former primary is a standby now, and a new connection finds the one that took its
	 * place; or the operator has made the database read-only, and no connection ever writes.
	 */
	if (read_only(state))
		return ticks_us() - up_at > YOUNG_US;
	/*
	 * The plan is stale, the prepared statement has gone, or a statement of its name is there
	 * that nobody here has prepared.
	 */
	return replanned(r, state) || starts(state, "26000") || starts(state, "42P05");
}

bool sqlstate_locked(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state != NULL && starts(state, "55P03");
}

bool sqlstate_leaving(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state != NULL && starts(state, "57P");
}

static enum err violated(const struct db_statement *s, const PGresult *r)
{
	const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);

	if (s == NULL || constraint == NULL)
		return OK;
	for (const struct db_rule *rule = s->rules; rule && rule->constraint; rule++)
		if (strcmp(rule->constraint, constraint) == 0)
			return rule->err;
	return OK;
}

enum err sqlstate_error(const struct db_statement *s, const struct task *t, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (state == NULL)
		return ERR_DB_UNAVAILABLE; /* made by libpq: the connection is gone */
	if (starts(state, "40001") || starts(state, "40P01"))
		return ERR_RETRY;
	if (starts(state, "23") && violated(s, r) != OK)
		return violated(s, r);
	log_context(t == NULL ? NULL : task_log_of(t));
	log_error("db", "%s: %s: %s%s", s == NULL ? "at the end of a transaction" : s->name, state,
		  message == NULL ? "" : message, read_only(state) ? READ_ONLY_REMEDY : "");
	log_context(NULL);
	if (starts(state, "57014"))
		return ERR_DEADLINE;
	if (starts(state, "55P03"))
		return ERR_BUSY;
	if (starts(state, "08") || starts(state, "53") || starts(state, "57P") ||
	    starts(state, "58"))
		return ERR_DB_UNAVAILABLE;
	if (read_only(state))
		return ERR_DB_READ_ONLY;
	return ERR_INTERNAL;
}
