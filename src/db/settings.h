/* SPDX-License-Identifier: MIT */
/*
 * What the server is told for the statements of a connection. One of one's own is told once. One
 * that a pooler lends by the transaction is told in each of them, for that transaction only: what
 * stayed there would meet the statements of others.
 */
#pragma once

#include "db/pipeline.h"

struct settings {
	int64_t statement_timeout_us, lock_timeout_us;
	bool reads; /* for all who read, at once */
};

/* To a connection of one's own, before it is used. False as with pipeline_send_*. */
bool settings_send_once(struct pipeline *p, const struct settings *s);

/* Before the first statement of a transaction, within it: nothing where it was said once. */
bool settings_send_each(struct pipeline *p, const struct settings *s);
