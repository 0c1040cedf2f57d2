/* SPDX-License-Identifier: MIT */
/* What is changed without a request: by somebody at the command line, or by the service itself. */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

enum { ACT_TYPED_BY = 128 };

/* One act, while its transaction is open. */
struct act {
	struct str typed_by; /* who is at the command line; null: the service itself acts */
	size_t notes;	     /* that were written of it */
};

/*
 * Writes down in the transaction that does it what was done, to whom (the null id: to nobody) and
 * what of it people would ask for, never a secret.
 */
enum err act_note(struct db *db, struct act *by, const char *action, struct user_id subject,
		  struct str detail);

/*
 * Who has started this process, as in "ann (uid 1000)"; of root also whom sudo names. To be called
 * before the process becomes somebody else.
 */
void act_typed_by(char text[static ACT_TYPED_BY]);
