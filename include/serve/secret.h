/* SPDX-License-Identifier: MIT */
/* The keepers' secret, with which refresh tokens, mailed proofs and sealed keys are made. */
#pragma once

#include "conf/conf.h"

/*
 * Compares the key with the one that this database has been used with, before anybody serves.
 * Without a key, and with a database in which nothing hangs on any, one is made: a file in
 * server.state that its owner alone can read, and read into the settings. False, with faults: there
 * is no key although there has to be one, or it cannot be made, or the signing keys cannot be
 * opened with it. A database that is away is no obstacle, but *unseen becomes true, and else stays
 * as it is.
 */
bool secret_prepare(struct conf *c, struct arena *a, struct conf_faults *faults, bool *unseen);

/*
 * A check for somebody who asks: adds refusals to faults, and warnings to doubts. Changes nothing.
 * Returns the result of asking the database.
 */
enum err secret_check(const struct conf *c, struct arena *a, struct conf_faults *faults,
		      struct conf_faults *doubts);
