/* SPDX-License-Identifier: MIT */
/*
 * Preparations before anything is served: the tables, the state of the database, and the secrets
 * and keys that hang together with it.
 */
#pragma once

#include "serve/family.h"

/*
 * False, with faults: libpq cannot read the URL of the database, which will then never lead
 * anywhere. libpq reads a copy, in a process of its own.
 */
bool prepare_urls(const struct conf *c, struct arena *a, struct conf_faults *faults);

/*
 * Migrates, or where somebody else does that, looks whether the database can be served from, which
 * keeps nobody waiting longer than some seconds: a database that is away is no obstacle, but
 * *unseen becomes true, and else stays as it is. Returns an exit status.
 */
int prepare_database(const struct conf *c, bool *unseen);

/*
 * Prepares the secrets and keys, likewise. A secret_key that is made goes into the settings and the
 * arena.
 */
int prepare_secrets(struct conf *c, struct arena *a, bool *unseen);

/*
 * Prepares all of it for a reload, which neither migrates nor keeps requests waiting: false, with
 * faults or after messages, where the settings lead to a fault that a start would refuse.
 */
bool prepare_again(struct conf *c, struct arena *a, struct conf_faults *faults, bool *unseen);

/*
 * Forks a process that waits until the database can be seen, however long, and then looks at it;
 * its exit status is as that of prepare_database. For a family that serves meanwhile. 0: there is
 * no such process, which was logged.
 */
pid_t prepare_later(const struct family *f);
