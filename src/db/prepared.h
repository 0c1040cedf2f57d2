/* SPDX-License-Identifier: MIT */
/*
 * The statements that a connection has by their names. Each is prepared in front of its first use,
 * and its name may be used at once: should preparing fail, the server skips the use as well. The
 * name may not be used behind the next Sync before the answer is there, for that may be a failure.
 */
#pragma once

#include "db/db.h"

enum prepared_state {
	PREPARED_NOT,
	PREPARED_ASKED, /* not answered yet */
	PREPARED_THERE
};

struct prepared_entry {
	const struct db_statement *s; /* NULL: none */
	enum prepared_state state;
	unsigned piece; /* ASKED: between which Syncs */
};

/* A table by the statements' addresses. Only statements that were used are in it. */
struct prepared {
	struct prepared_entry *v;
	size_t room, n;
};

/* The entry of a statement, until the next call; PREPARED_NOT if it is new. NULL: out of memory. */
struct prepared_entry *prepared_entry(struct prepared *p, const struct db_statement *s);

/* Forgets what was prepared: another connection has none of it. */
void prepared_forget(struct prepared *p);

void prepared_free(struct prepared *p);
