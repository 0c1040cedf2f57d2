/* SPDX-License-Identifier: MIT */
/* The ledger of migrations, schema_migrations. Problems are logged (module "migrate"). */
#pragma once

#include <libpq-fe.h>

#include "db/migrate.h"

/* Runs one or more commands; false unless all of them work. */
bool ledger_run(PGconn *pg, const char *sql);

/* Logs the first line of the server's message about the last command. */
void ledger_complain(PGconn *pg, const char *what);

/* Whether the last command failed so: by SQLSTATE, for the text is in the server's language. */
bool ledger_failed_with(const PGconn *pg, const char *state);

/* Whether each migration of this program has a number of its own. */
bool ledger_versions_differ(void);

/* Whether the ledger is there; false when the server would not say. */
bool ledger_ask(PGconn *pg, bool *there);

/* Makes the ledger; of several callers at once one does, and all are content. */
bool ledger_make(PGconn *pg);

/* Reads the ledger; false unless all of it is known here, as it was. The caller clears *ledger. */
bool ledger_read(PGconn *pg, PGresult **ledger);

/* Whether the ledger has a migration: as it was read, and now. */
bool ledger_has(const PGresult *ledger, const struct migration *m);
bool ledger_has_now(PGconn *pg, const struct migration *m);

/* Notes a migration as applied. */
bool ledger_note(PGconn *pg, const struct migration *m);

/* Whether nobody has an account yet, so that nobody waits for what is locked. */
bool ledger_nobody(PGconn *pg);
