/* SPDX-License-Identifier: MIT */
/* The keepers' secret: what refresh tokens, mailed proofs and sealed keys are made with. */
#pragma once

#include "conf/conf.h"

/*
 * Before anybody serves: compares the key with the one that this database has been used with.
 * Without one, and with a database in which nothing hangs on any, it is made: a file in
 * server.state that its owner alone can read, and read into the settings. False, with faults: there
 * is none although there has to be one, or it cannot be made, or the signing keys cannot be opened
 * with it. A database that is away is no
 * obstacle, but *unseen becomes true, and else stays as it is.
 */
bool secret_prepare(struct conf *c, struct arena *a, struct conf_faults *faults, bool *unseen);

/*
 * For somebody who asks: adds to faults what would be refused, and to doubts what would be warned
 * of. Changes nothing. What became of asking the database.
 */
enum err secret_check(const struct conf *c, struct arena *a, struct conf_faults *faults,
		      struct conf_faults *doubts);
