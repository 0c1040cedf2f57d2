/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* One file of migrations/, carried in the binary in order of version. */
struct migration {
	int version;
	const char *name; /* "0001_users" */
	const char *sql;
};

/* Ends with name == NULL. Made from migrations/ when the program is built. */
extern const struct migration migrations[];

enum migrate_result {
	MIGRATE_OK,
	MIGRATE_UNREACHABLE, /* no connection: may be tried again */
	MIGRATE_REFUSED	     /* a migration, or the database: somebody must look */
};

/*
 * Brings the database to the newest version, blocking. Several callers at once are safe: one works
 * (a lock on the ledger, by the transaction), the others wait, at most 60 s for each migration.
 * Each runs in a transaction of its own together with its row in schema_migrations (version, name,
 * checksum, applied_at). A ledger row whose file is missing or has changed is refused before
 * anything runs. With `plan` nothing is changed: what would run is printed on stdout, one line
 * each ("0002_teams pending"). Problems are logged (modules "migrate" and "database"), with what to
 * do: a database that cannot be served from is refused.
 */
enum migrate_result migrate_run(struct secret url, bool plan);

/* Only whether the database is one that can be served from. */
enum migrate_result migrate_look(struct secret url);
