/* SPDX-License-Identifier: MIT */
/* The processes of Postern. */
#pragma once

#include "conf/conf.h"
#include "cred/keeper.h"
#include "cred/revoked.h"
#include "cred/throttle.h"

/*
 * postern serve: takes or makes the listening socket, migrates, forks keepers and workers, watches
 * them until SIGTERM or SIGINT. Returns an exit status (sysexits.h). A secret_key that is made goes
 * into the settings, and the arena that they lie in.
 */
int master_run(struct conf *conf, struct arena *settings);

/* The signs that a child and the master give one another through shared memory. */
struct pulse {
	_Atomic int64_t beat; /* tick of its last sign of life */
	_Atomic bool ready;
};

struct worker_setup {
	const struct conf *conf;
	int listener;
	size_t number, keepers;
	int jobs[KEEPER_QUEUES], answers;
	struct keeper_board *board;
	struct revoked_board *revoked; /* of all generations */
	struct throttle *throttle;     /* likewise */
	struct pulse *pulse;
	struct str openapi;
	const struct template *page;
	struct secret no_hash;
};

/* The body of a worker process; returns its exit status. */
int worker_run(const struct worker_setup *s);

struct templates;

struct courier_setup {
	const struct conf *conf;
	const struct templates *templates;
	size_t number;
	size_t row; /* of the keepers' board: couriers come behind the workers */
	size_t keepers;
	int jobs[KEEPER_QUEUES], answers;
	struct keeper_board *board;
	struct pulse *pulse;
};

/* The body of a courier process; returns its exit status. */
int courier_run(const struct courier_setup *s);

struct keeper_setup {
	struct keeper_secrets secrets;
	size_t number;
	size_t workers;			 /* and couriers */
	int jobs[KEEPER_QUEUES];	 /* read from */
	int answers[KEEPER_WORKERS_MAX]; /* written to, one a worker */
	struct keeper_board *board;
	struct pulse *pulse;
};

/* The body of a keeper process; returns its exit status. */
int keeper_run(const struct keeper_setup *s);

/*
 * Closes the memory of this process, before any secret is read: no process of the same user may
 * look into it, and none of it is written to a disk. Children inherit both; a change of user takes
 * the first back, as become_user knows. LeakSanitizer looks by ptrace, so a build with sanitizers
 * stays open.
 */
void memory_close(void);

/*
 * Ends the process without exit handlers, once the log is written. Those of a child are the
 * master's; and a thread may be left that looks up the database or connects to it (db/dial), while
 * handlers of OpenSSL and Kerberos free what it uses.
 */
_Noreturn void process_leave(int status);
