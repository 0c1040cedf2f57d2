/* SPDX-License-Identifier: MIT */
/* Whether a database is one that can be served from. */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"
#include "db/db.h"

/*
 * Connects and waits for it, for seconds; what the server says beside its results is logged under
 * `name`, a constant. The caller's, in state CONNECTION_OK. *pooled (may be NULL): see dial.h.
 * NULL: it cannot be reached, which was logged.
 */
PGconn *inspect_connect(struct secret url, const char *name, bool *pooled);

/*
 * Looks at what the database is like: version, encoding, collation, whether it takes changes and
 * keeps them, and as many connections as that (0: not asked). Logs (module "database") what is
 * wrong with its remedy. False when it cannot be served from; where it may be, that is a warning.
 */
bool inspect(PGconn *pg, size_t connections);

/*
 * Prepares statements, the last one of which is NULL. Logs those that cannot be; false then, but
 * not for a table that somebody else has locked.
 */
bool inspect_statements(PGconn *pg, const struct db_statement *const *statements);
