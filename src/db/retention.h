/* SPDX-License-Identifier: MIT */
/* How long the audit log is kept, as its owner has written it down in the database. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Writes it down (microseconds; 0: for good) where it is another. By the owner's connection; sends
 * nothing that changes anything when it is the same, and nothing to a database without the table.
 * False after a message (module "migrate").
 */
bool retention_set(PGconn *owner, int64_t keep_us);

/* Whether what is written down is another. False too where that cannot be asked. */
bool retention_differs(PGconn *pg, int64_t keep_us);
