/* SPDX-License-Identifier: MIT */
/*
 * The meaning of a failed result. NULL, which is one that was lost, is none of these, and means
 * ERR_DB_UNAVAILABLE.
 */
#pragma once

#include <libpq-fe.h>

#include "db/db.h"
#include "task/task.h"

/*
 * The error of the request for the failed result of a statement (NULL: of a Sync). A failure that
 * nobody expected is logged, on behalf of the task (NULL: it has left).
 */
enum err sqlstate_error(const struct db_statement *s, const struct task *t, const PGresult *r);

/*
 * Whether the statement was not run, and would be on a new connection; perhaps, where the server
 * refuses writes. up_at: the tick at which this connection could be used.
 */
bool sqlstate_stale(const PGresult *r, int64_t up_at);

/* Whether the statement waited for a lock for as long as it may. */
bool sqlstate_locked(const PGresult *r);

/* Whether the server is about to close the connection. */
bool sqlstate_leaving(const PGresult *r);
