/* SPDX-License-Identifier: MIT */
/* Whether a database is one that can be served from. */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"
#include "db/db.h"

/*
 * Connects and waits for it, for seconds; notices of the server are logged under `name`, a
 * constant. The connection is the caller's, in state CONNECTION_OK. *pooled (may be NULL): see
 * dial.h. NULL: the server cannot be reached, which was logged.
 */
PGconn *inspect_connect(struct secret url, const char *name, bool *pooled);

/*
 * Looks at what the database is like: version, encoding, collation, whether it takes changes and
 * keeps them, and whether it lets us have so many connections (0: not asked). Problems are logged
 * (module "database") with their remedies. False when the database cannot be served from; a problem
 * that it can be served with is a warning.
 */
bool inspect(PGconn *pg, size_t connections);

/*
 * Prepares statements, the last one of which is NULL. Logs each that cannot be prepared; false
 * then, but not for a table that somebody else has locked.
 */
bool inspect_statements(PGconn *pg, const struct db_statement *const *statements);
