/* SPDX-License-Identifier: MIT */
/* A request to the product, however it came: all that the product does works with one. */
#pragma once

#include "conf/conf.h"
#include "cred/identity.h"
#include "cred/keeper.h"
#include "cred/revoked.h"
#include "cred/throttle.h"
#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"
#include "schema/fault.h"

/* The user who asks; none on a route that anyone may call. email is that of the access token, ""
 * when none is confirmed. */
struct who {
	struct user_id user;
	struct session_id session;
	enum user_role role;
	struct str email;
	int32_t version; /* of the user's tokens, as the one that was shown has it */
};

/* The sender of a request, as far as it tells; "" for what it does not say. */
struct from {
	struct str address;   /* the client's, as the server in front knows it */
	struct str agent;     /* User-Agent, as it came: see req_device */
	struct str languages; /* Accept-Language, as it came */
	struct str request_id;
	struct str typed_by; /* who is at the command line; null: nobody */
};

/* The parts that all requests of a worker share. None of them changes while the worker runs. */
struct app {
	const struct conf *conf;
	struct keeper *keeper;
	struct identity_cache *identities;
	struct revoked *revoked;
	struct throttle *throttle;
	/* Whether the feed of revocations is as fresh as it has to be; else no token is taken. */
	const bool *feed_fresh;
	const struct keyring *keys;
	/* A hash that no password fits: unknown users cost what known ones do. */
	struct secret no_hash;
};

/* A limit, and how many are left of it; limit 0: nothing is told. */
struct quota {
	int64_t limit, remaining;
	int64_t reset; /* seconds */
};

/* The reason why a request is refused, beside its kind, in no wire's form. */
struct refusal {
	struct faults faults; /* of the input */
	struct str message;   /* null: the title of the kind */
	int64_t retry_after;  /* seconds; 0: the usual ones, where there are any */
	struct quota quota;
};

struct once;
struct later;
struct req;

/* Things to be done later, in the order in which they were asked for. */
struct agenda {
	struct later *first, *last;
};

/* The last thing that a transaction does. */
struct last {
	enum err (*fn)(struct req *r, void *arg);
	void *arg;
};

/* One request. Everything it points at lives as long as the request. */
struct req {
	const struct app *app;
	struct arena *arena;
	struct db *db;
	struct from from;
	struct who who;
	/* Sets `who` where anybody may ask and it matters who it is; see req_who. */
	enum err (*identify)(struct req *r);
	struct refusal refusal;
	struct once *once;    /* see req_once */
	struct agenda after;  /* see req_after */
	struct agenda beaten; /* see req_when_beaten */
	struct last last;     /* see req_last */
	size_t notes;	      /* that this run has left in the audit log */
	/* Set by a handler that refuses, and whose writes are to stay all the same. */
	bool commit;
};

/* Returns `e`, and says what the error means here. */
enum err problem(struct req *r, enum err e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes a fault of the input and returns ERR_INVALID. pointer: "/email". */
enum err fault(struct req *r, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Sets r->who to whom the request's access token speaks for, also where none is needed.
 * ERR_UNAUTHENTICATED when there is none, ERR_TOKEN_* when it is refused, ERR_DB_UNAVAILABLE while
 * nobody knows what was revoked.
 */
enum err req_who(struct req *r);

/*
 * Memory of that name that the runs of one request share, all zero in the first. Work that is done
 * for good (counts, hashes) is noted there, so that it is done once, also when the request is run
 * again because its transaction lost a race. name: a constant; size: always the same for it.
 */
void *req_once(struct req *r, const char *name, size_t size);

/*
 * News for others of the request's writes waits until these are committed; then fn is called, which
 * may not wait for anything. It is not called when the transaction is rolled back or run again.
 * arg: lives as long as the request.
 */
void req_after(struct req *r, void (*fn)(struct req *r, void *arg), void *arg);

/*
 * A statement that others wait for until the transaction ends comes last in it: fn is called before
 * the commit, and what it returns, when not OK, has all rolled back. One thing only can be last. It
 * is not called when the transaction is rolled back. arg: lives as long as the request.
 */
void req_last(struct req *r, enum err (*fn)(struct req *r, void *arg), void *arg);

/* The arg of req_last, when it was asked for this fn; else NULL. */
void *req_last_of(const struct req *r, enum err (*fn)(struct req *r, void *arg));

/* Calls fn when the request has lost every race and gives up, for work that it has done for good.
 * fn has a transaction of its own, and ends it. One call holds for all runs. */
void req_when_beaten(struct req *r, void (*fn)(struct req *r, void *arg), void *arg);

enum { REQ_TRIES = 6 };

/*
 * Runs fn and ends its transaction (req_finish); again, from its first line, when the database asks
 * for it, at most `tries` times. ERR_RETRY when it has lost every race.
 */
enum err req_run(struct req *r, enum err (*fn)(struct req *r, void *arg), void *arg, int tries);

/*
 * Ends the request's transaction, and returns what came of it: commits when e is OK or r->commit is
 * set, and then does what waited for that; else rolls back.
 */
enum err req_finish(struct req *r, enum err e);

/* The User-Agent, cut and fit to be shown; "" when it is not text, or turns text around. */
struct str req_device(const struct req *r);
