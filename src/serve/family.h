/* SPDX-License-Identifier: MIT */
/*
 * A generation: the workers, couriers and keepers that run with one configuration, and the sockets
 * and shared memory between them. A reload makes a new one beside the old.
 */
#pragma once

#include <sys/types.h>

#include "serve/process.h"

enum child_kind { CHILD_WORKER, CHILD_COURIER, CHILD_KEEPER };

struct child {
	enum child_kind kind;
	size_t number;
	pid_t pid;	    /* 0: not running */
	int64_t started;    /* tick */
	int64_t not_before; /* tick; a child that dies young waits longer each time */
	int failures;	    /* in a row */
	int slow_starts;    /* in a row that were given up */
	int stale;	    /* looks in a row that found no sign of life */
	int64_t kill_at;    /* tick at which a leaving child is killed; 0: it is to run */
};

/* Memory that all processes of a family share. */
struct shared {
	struct keeper_board board;
	struct pulse pulses[KEEPER_WORKERS_MAX * 2];
};

struct family {
	struct family *next; /* older */
	struct arena *arena; /* our own; the conf of a reload is in it */
	const struct conf *conf;
	int listener;
	pid_t master; /* the process whose children they are */
	size_t workers, couriers, keepers;
	size_t wanted; /* workers that are to run by now */
	int jobs[KEEPER_QUEUES][2], answers[KEEPER_WORKERS_MAX][2];
	struct shared *shared;
	struct revoked_board *revoked; /* of all generations */
	struct throttle *throttle;     /* likewise */
	/* Workers first, then couriers, which together are the clients of the keepers. */
	struct child children[KEEPER_WORKERS_MAX * 2];
	struct templates *templates;
	struct str openapi;
	const struct template *page;
	struct secret no_hash;
};

/*
 * Makes the sockets and memory; forks nobody. Takes the arena, in which the conf of a reload lives;
 * borrows the board and the table, which are shared memory. NULL on error.
 */
struct family *family_make(const struct conf *c, struct arena *a, int listener,
			   struct revoked_board *revoked, struct throttle *throttle);

/* Releases the family; all its processes have gone. */
void family_free(struct family *f);

struct pulse *family_pulse(struct family *f, const struct child *c);

/*
 * For a fresh child that is none of the family's processes: closes the sockets of the family and of
 * older generations, and wipes its own copies of all secrets but PGPASSWORD.
 */
void family_part(const struct family *f);

/* Forks children that are to run and do not, as far as their time has come. */
void family_spawn(struct family *f);

/* Notes that a process has ended; false when it is not of this family. */
bool family_reap(struct family *f, pid_t pid, int status);

/* Kills children that give no sign of life, and those that should have left by now. */
void family_watch(struct family *f);

/* Asks a child to leave, and sees to it that it has by `kill_at`. */
void child_retire(struct child *c, int64_t kill_at);

/* How many of a kind are running. */
size_t family_count(const struct family *f, enum child_kind kind);

static inline size_t family_size(const struct family *f)
{
	return f->workers + f->couriers + f->keepers;
}

/* The number of children that send jobs to the keepers, and leave first when it is time. */
static inline size_t family_clients(const struct family *f)
{
	return f->workers + f->couriers;
}
