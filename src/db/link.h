/* SPDX-License-Identifier: MIT */
/*
 * One connection to PostgreSQL that never blocks: connecting, sending and receiving happen as the
 * loop finds the socket ready. The connection is always in pipeline mode; results are matched in
 * order with what was sent.
 */
#pragma once

#include "base/str.h"
#include "db/pipeline.h"
#include "db/settings.h"
#include "task/loop.h"

struct dial;
struct link;

/* The callbacks of a link's owner. */
struct link_owner {
	void (*up)(struct link *l);
	/* The connection has gone, and each job on it was told so before, by `result`. */
	void (*down)(struct link *l);
	/*
	 * The result of a job, or NULL when it was lost; the owner's. Comes also when nobody waits
	 * for it any more: what it means for its transaction, it means for all.
	 */
	void (*result)(struct link *l, const struct sent_entry *e, PGresult *r);
	/* A Sync has failed, and with it what was to be committed there. The result is the owner's.
	 */
	void (*undone)(struct link *l, PGresult *r);
	/* Everything up to a Sync was answered. NULL: the owner does not care. */
	void (*synced)(struct link *l);
};

/* The options that all links of one database share. */
struct link_options {
	struct secret url; /* borrowed */
	int64_t statement_timeout_us, lock_timeout_us;
	/*
	 * The number of hosts in the URL, and which of them is asked first: moved on by a link that
	 * finds it silent, for all.
	 */
	size_t hosts, first_host;
	/* The URL asks for a host that takes changes; while there is none, reads go to any. */
	bool writable;
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_ENTERING, LINK_UP };
enum link_kind { LINK_READ, LINK_WRITE };

struct link {
	const struct link_owner *owner;
	struct link_options *options;
	struct settings settings;
	struct pipeline pipeline;
	struct dial *dial; /* while it is CONNECTING */
	enum link_state state;
	struct watch watch;
	struct timer timer; /* DOWN: try again; ENTERING and UP: give up */
	int64_t backoff;    /* microseconds; 0 after a success */
	int64_t up_at;	    /* tick at which it could be used */
	size_t first_host;  /* as the options had it when the link began to connect */
	bool wanted;	    /* reconnect by itself */
	bool failed;	    /* the last try to connect has */
	bool unsent;	    /* libpq's buffer waits for the socket */
};

/*
 * Makes a link. room: results that may be expected at once. False when out of memory: to be freed
 * all the same. The owner and the options outlive the link.
 */
bool link_make(struct link *l, const struct link_owner *owner, struct link_options *o,
	       enum link_kind kind, size_t room);

/* Starts to connect, unless that is under way; goes on trying while l->wanted. */
void link_open(struct link *l);

/* Closes the connection; jobs that were expected are told lost. `why` is logged. */
void link_reset(struct link *l, const char *why);

/* Closes and releases. */
void link_free(struct link *l);

/* Queues; see pipeline.h and settings.h. False when libpq refuses: the link was reset. */
bool link_send_settings(struct link *l);
bool link_send_job(struct link *l, struct job *j);
bool link_send_command(struct link *l, const char *sql);
bool link_send_sync(struct link *l);

/* Sends what is queued, as far as the socket takes it. */
void link_flush(struct link *l);

/* Whether the link, which is up, leads to a standby. */
bool link_at_standby(const struct link *l);

/* Whether a transaction is open on the link, or something sent is not answered yet. */
bool link_in_transaction(const struct link *l);
