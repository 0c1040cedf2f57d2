/* SPDX-License-Identifier: MIT */
/*
 * The settings that the server is told for the statements of a connection. A connection of one's
 * own is told once. A connection that a pooler lends by the transaction is told in each of them,
 * for that transaction only: a setting that stayed there would meet the statements of others.
 */
#pragma once

#include "db/pipeline.h"

struct settings {
	int64_t statement_timeout_us, lock_timeout_us;
	bool reads; /* the connection is the read lane */
};

/* Tells a connection of one's own, before it is used. False as with pipeline_send_*. */
bool settings_send_once(struct pipeline *p, const struct settings *s);

/*
 * Tells a connection within a transaction, before its first statement: nothing where it was told
 * once.
 */
bool settings_send_each(struct pipeline *p, const struct settings *s);
