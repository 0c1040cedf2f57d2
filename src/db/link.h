/* SPDX-License-Identifier: MIT */
/*
 * One connection to PostgreSQL that never blocks: connecting, preparing, sending and receiving
 * happen as the loop finds the socket ready. Always in pipeline mode; what comes back is matched
 * with what was sent in order.
 */
#pragma once

#include <libpq-fe.h>

#include "db/job.h"
#include "task/loop.h"

struct pool;
struct dial;

enum sent { SENT_JOB, SENT_PREPARE, SENT_OTHER, SENT_SYNC };

/* One expected result. */
struct sent_entry {
	enum sent kind;
	const struct db_statement *s; /* of a job, or to be prepared */
	struct job *job;	      /* or one of its mates; NULL when all have gone away */
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_PREPARING, LINK_UP };
enum link_kind { LINK_READ, LINK_WRITE };

struct link {
	struct pool *pool;
	PGconn *pg;
	struct dial *dial; /* while it is CONNECTING */
	enum link_state state;
	enum link_kind kind;
	struct watch watch;
	struct timer timer; /* DOWN: try again; PREPARING and UP: give up */
	int64_t backoff;    /* microseconds; 0 after a success */
	int64_t up_at;	    /* tick at which it could be used */
	size_t first_host;  /* pool's, when it began to connect */
	bool wanted;	    /* reconnect by itself */
	bool unsent;	    /* libpq's buffer waits for the socket */
	bool pooled;	    /* nothing stays on it from one transaction to the next: see dial.h */
	/* Ring of what is expected back, oldest at sent_first. */
	struct sent_entry *sent;
	size_t sent_room, sent_first, sent_count;
	/* What could not be prepared, for its table was locked: sent as text. */
	const struct db_statement **missing;
	size_t missing_count;
};

/* room: results that may be expected at once. False when out of memory. */
bool link_make(struct link *l, struct pool *p, enum link_kind kind, size_t room);

/* Starts to connect, unless that is under way; goes on trying while l->wanted. */
void link_open(struct link *l);

/* Closes the connection; what was expected is told lost. `why` is logged. */
void link_reset(struct link *l, const char *why);

/* Closes and releases. */
void link_free(struct link *l);

/* Whether n more results can be expected. */
bool link_has_room(const struct link *l, size_t n);

/*
 * Before the first statement of each transaction, within it: what a pooled connection cannot be
 * told once. Nothing on others. False when libpq refuses: the link was reset.
 */
bool link_send_settings(struct link *l);

/*
 * Queues a job, a statement to be prepared, a plain command, or a Sync. False when libpq refuses:
 * the link was reset.
 */
bool link_send_job(struct link *l, struct job *j);
bool link_send_prepare(struct link *l, const struct db_statement *s);
bool link_send_command(struct link *l, const char *sql);
bool link_send_sync(struct link *l);

/*
 * Whether a statement could not be prepared on this connection. Once it works nevertheless, a new
 * connection would have it.
 */
bool link_misses(const struct link *l, const struct db_statement *s);

/* Whether a transaction is open on it, or what it has been asked is not answered yet. */
bool link_in_transaction(const struct link *l);

/* Sends what is queued, as far as the socket takes it. */
void link_flush(struct link *l);

/* Takes a job off the link: nobody gets its result, unless others wait for it. */
void link_forget(struct job *j);

/* A result of NULL, which is one that was lost, is none of these, and means ERR_DB_UNAVAILABLE. */

/*
 * What the failed result of a statement (NULL: of a Sync) means for the request. Logs what nobody
 * expected, on behalf of the task (NULL: it has left).
 */
enum err link_error(const struct db_statement *s, const struct task *t, const PGresult *r);

/* The statement was not run, and would be on a new connection; perhaps, where it refuses writes. */
bool link_stale(const struct link *l, const PGresult *r);

/* It waited for a lock for as long as it may. */
bool link_locked(const PGresult *r);

/* The server is about to close this connection. */
bool link_leaving(const PGresult *r);

/* Between link.c, settings.c and sent.c: resets with libpq's own words; watches the socket. */
void link_fail(struct link *l);
void link_watch(struct link *l, bool write);

/* Tells the server how to treat a connection of one's own, until it ends. False as above. */
bool link_send_setup(struct link *l);

/* Gives the server time for an answer, from each sign of life anew, while one is expected. */
void link_await(struct link *l);

/* Takes the oldest expected result off the ring. */
struct sent_entry link_expected(struct link *l);

/* What the lanes do with it; called by link.c. */
void read_up(struct pool *p);
void read_down(struct pool *p);
void read_result(struct pool *p, struct job *j, PGresult *r);
void write_up(struct link *l);
void write_down(struct link *l);
/* Also when nobody waits for it any more: what it means for its transaction, it means for all. */
void write_result(struct link *l, const struct sent_entry *e, PGresult *r);
/* The Sync has failed, and with it what was to be committed there. */
void write_undone(struct link *l, PGresult *r);
void write_synced(struct link *l);
