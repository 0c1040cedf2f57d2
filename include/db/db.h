/* SPDX-License-Identifier: MIT */
/*
 * Statements, as a handler sees them: they look blocking, and the task sleeps. Reads go down the
 * worker's pipelined read lane, writes take an exclusive lane, or share one transaction with others
 * where that is declared.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/kind.h"

/* A parameter or column: where its C value is in the struct. KIND_LIST is text[], a struct
 * str_list. */
struct db_column {
	const char *name;
	enum kind kind;
	size_t offset;
	const struct vocabulary *words; /* KIND_ENUM */
};

/* "on <constraint>: <ERR>" of a statement. */
struct db_rule {
	const char *constraint;
	enum err err;
};

/* One named statement; made by sqlgen. */
struct db_statement {
	const char *name;
	const char *sql; /* $1, $2, ... */
	const struct db_column *params;
	size_t param_count;
	const struct db_column *columns;
	size_t column_count;
	size_t row_size;
	const struct db_rule *rules; /* ends with constraint == NULL */
	bool write;
	bool shared; /* may stand in one transaction with those of other requests */
	/*
	 * The statement takes a list of ids as its one parameter, so that one query answers several
	 * requests; columns[key] tells whose a row is.
	 */
	bool gathered;
	size_t key;
};

enum { DB_PARAMS_MAX = 16 };

/* The access of one request to the database. Made by dispatch, used by handlers. */
struct db;

/* Rows in the request's arena. v points at n structs of the statement's row type. */
struct db_rows {
	void *v;
	size_t n;
};

/*
 * Runs a statement that gives at most one row and copies it to `row`; ERR_NO_ROW when there is
 * none. A violated constraint that has a rule gives the rule's error. ERR_DB_UNAVAILABLE: not
 * connected, or the connection was lost (a read is tried once more first; the outcome of a write
 * is unknown). ERR_BUSY: no lane became free in time. ERR_RETRY: serialization failure or
 * deadlock; dispatch runs the request again. ERR_DEADLINE, ERR_CANCELLED: the task was ended.
 */
enum err db_one(struct db *db, const struct db_statement *s, const void *in, void *row);

/* Gives all rows; the statement itself bounds how many. Errors as db_one, except ERR_NO_ROW. */
enum err db_many(struct db *db, const struct db_statement *s, const void *in, struct db_rows *rows);

/* Runs a statement without rows; *affected (may be NULL) is the number of rows it changed. */
enum err db_exec(struct db *db, const struct db_statement *s, const void *in, int64_t *affected);

/*
 * Begins a transaction: from here on all statements of the request, reads too, run in it, on one
 * lane; dispatch commits it on OK and rolls it back otherwise. Two writes that belong together need
 * it; a single statement is its own transaction.
 */
enum err db_begin(struct db *db);

/* Whether the request has begun a transaction. */
bool db_in_transaction(const struct db *db);

/*
 * Declares that the writes so far are to stay, whatever becomes of the request, so that another
 * write may follow without sharing a transaction with them. Not to be called within a transaction.
 */
void db_settle(struct db *db);
