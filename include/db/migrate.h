/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "db/db.h"

/* One file of migrations/, carried in the binary in order of version. */
struct migration {
	int version;
	const char *name; /* "0001_users" */
	const char *sql;
};

/* The list ends with name == NULL. It is made from migrations/ when the program is built. */
extern const struct migration migrations[];

enum migrate_result {
	MIGRATE_OK,
	MIGRATE_PENDING,     /* a plan has something to do */
	MIGRATE_UNREACHABLE, /* no connection: may be tried again */
	MIGRATE_REFUSED	     /* a migration or the database is at fault: somebody must look */
};

struct migrate_how {
	struct secret url;	 /* of the role that serves */
	struct secret owner_url; /* of the role that owns the tables; empty: the same role */
	int64_t audit_keep_us;	 /* how long the audit log is kept; 0: for good */
	size_t connections;	 /* wanted by serving, to be looked at; 0: not asked */
	bool plan;  /* changes nothing: prints what would run, "0002_teams pending" a line */
	bool whole; /* a look: refused where a migration is pending */
};

/*
 * Brings the database to the newest version, blocking. Several callers at once are safe: one works
 * (a lock on the ledger, by the transaction), the others wait, at most 60 s for each migration.
 * Each migration runs in a transaction of its own together with its row in schema_migrations
 * (version, name, checksum, applied_at). A ledger row whose file is missing or has changed is
 * refused before anything runs. Where the tables have an owner of their own, the role that serves
 * is given the rights it needs. The retention of the audit log is written down in the database.
 * Problems are logged (modules "migrate" and "database"), with what to do: a database that cannot
 * be served from is refused.
 */
enum migrate_result migrate_run(const struct migrate_how *how);

/*
 * Whether the database, as the role that serves finds it, is one that can be served from: what it
 * is like, and what the role may do there. Problems are logged as above.
 */
enum migrate_result migrate_look(const struct migrate_how *how);

/*
 * Whether the database takes statements (the last one is NULL) as its migrations have made it: each
 * statement is prepared there, as the role that serves. A statement that it does not take is logged
 * (module "database"), and the database refused; a table that somebody else has locked cannot be
 * looked at, which is a warning.
 */
enum migrate_result migrate_try(struct secret url, const struct db_statement *const *statements);
