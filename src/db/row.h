/* SPDX-License-Identifier: MIT */
/* Between C structs and libpq's binary parameters and results. */
#pragma once

#include <libpq-fe.h>

#include "db/db.h"

/* Parameters of one statement, laid out as libpq wants them. Points into the struct it came from.
 */
struct row_params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	char numbers[DB_PARAMS_MAX][8];
};

void row_encode(const struct db_statement *s, const void *in, struct row_params *out);

/* Copies row i of r into the struct; ERR_INTERNAL when the columns are not what s says. */
enum err row_decode(const struct db_statement *s, const PGresult *r, int i, struct arena *a,
		    void *out);
