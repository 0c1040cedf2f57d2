/* SPDX-License-Identifier: MIT */
/* The retention of the audit log, as its owner has written it down in the database. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Writes the retention down (microseconds; 0: for good) where it is another. By the owner's
 * connection; sends nothing that changes anything when it is the same, nor to a database without
 * the table. False after a message (module "migrate").
 */
bool retention_set(PGconn *owner, int64_t keep_us);

/* Whether another retention is written down. False too where that cannot be asked. */
bool retention_differs(PGconn *pg, int64_t keep_us);
