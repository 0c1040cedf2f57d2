/* SPDX-License-Identifier: MIT */
/* Between C structs and libpq's binary parameters and results. */
#pragma once

#include <libpq-fe.h>

#include "base/uuid.h"
#include "db/db.h"

enum { ROW_IDS_MAX = 64 };

/* An array of uuid as the server sends and receives it (PostgreSQL: array_recv in arrayfuncs.c). */
struct row_ids {
	uint32_t dimensions, with_null, type, length, lower_bound;
	struct row_id {
		uint32_t size;
		struct uuid uuid;
	} v[ROW_IDS_MAX];
};

/* Parameters of one statement, laid out as libpq wants them. Points into the struct it came from.
 */
struct row_params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	union {
		char numbers[DB_PARAMS_MAX][8];
		struct row_ids ids;
	};
};

/*
 * The list parameters of a statement, as the server receives them, in the arena: one str for each
 * parameter, the null str for one that is no list. NULL where no parameter is a list.
 */
const struct str *row_lists(const struct db_statement *s, const void *in, struct arena *a);

/* lists: of row_lists. */
void row_encode(const struct db_statement *s, const void *in, const struct str *lists,
		struct row_params *out);

/*
 * The one parameter of a gathered statement: row_begin_ids begins a list, row_add_id adds one of at
 * most ROW_IDS_MAX.
 */
void row_begin_ids(struct row_params *out);
void row_add_id(const struct db_statement *s, const void *in, struct row_params *out);

/*
 * Finds the row of r that answers `in`: the first one, or for a gathered statement that of its id;
 * -1: none.
 */
int row_find(const struct db_statement *s, const PGresult *r, const void *in);

/* Copies row i of r into the struct; ERR_INTERNAL when the columns are not what s says. */
enum err row_decode(const struct db_statement *s, const PGresult *r, int i, struct arena *a,
		    void *out);
