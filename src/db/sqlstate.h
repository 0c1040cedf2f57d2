/* SPDX-License-Identifier: MIT */
/*
 * What a failed result means. NULL, which is one that was lost, is none of these, and means
 * ERR_DB_UNAVAILABLE.
 */
#pragma once

#include <libpq-fe.h>

#include "db/db.h"
#include "task/task.h"

/*
 * What the failed result of a statement (NULL: of a Sync) means for the request. Logs what nobody
 * expected, on behalf of the task (NULL: it has left).
 */
enum err sqlstate_error(const struct db_statement *s, const struct task *t, const PGresult *r);

/*
 * The statement was not run, and would be on a new connection; perhaps, where it refuses writes.
 * up_at: the tick at which this one could be used.
 */
bool sqlstate_stale(const PGresult *r, int64_t up_at);

/* It waited for a lock for as long as it may. */
bool sqlstate_locked(const PGresult *r);

/* The server is about to close the connection. */
bool sqlstate_leaving(const PGresult *r);
