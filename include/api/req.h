/* SPDX-License-Identifier: MIT */
/* What a handler works with. */
#pragma once

#include "conf/conf.h"
#include "cred/identity.h"
#include "cred/keeper.h"
#include "cred/revoked.h"
#include "cred/throttle.h"
#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"
#include "http/route.h"
#include "schema/fault.h"

enum { USER_NAME_MAX = 200 /* characters */ };

/* Who asks. user is none on a route that anyone may call. email is that of the access token,
 * "" when none is confirmed. */
struct who {
	struct user_id user;
	struct session_id session;
	enum user_role role;
	struct str email;
};

/* A token that is refused from now on; told to the other workers once it is committed. */
struct revoking {
	struct revoking *next;
	struct revocation what;
};

/* What all requests of a worker share. Nothing in it changes while it runs. */
struct app {
	const struct conf *conf;
	struct keeper *keeper;
	struct identity_cache *identities;
	struct revoked *revoked;
	struct throttle *throttle;
	/* Whether the feed of revocations is as fresh as it has to be; no token is taken without.
	 */
	const bool *feed_fresh;
	const struct keyring *keys;
	struct str openapi; /* the document */
	/* A hash that no password fits: unknown users cost what known ones do. */
	struct secret no_hash;
};

/* RateLimit-Limit, -Remaining and -Reset of a problem; limit 0: it has none. */
struct quota {
	int64_t limit, remaining;
	int64_t reset; /* seconds */
};

struct guess;
struct once;

/* One request. Everything it points at lives as long as the request. */
struct req {
	const struct app *app;
	const struct http_request *http;
	struct http_reply *reply;
	struct route_match match;
	struct arena *arena;
	struct db *db;
	struct str request_id;
	struct who who;
	struct faults faults;
	struct str message;  /* of the problem; null: the title of its kind */
	int64_t retry_after; /* seconds, of a 429 or 503; 0: the usual one */
	struct quota quota;
	/* Counted, and whether it was right; see limit.h. */
	struct guess *guess;
	bool right;
	struct once *once; /* see req_once */
	struct revoking *revoking;
	/* Set by a handler that refuses, and whose writes are to stay all the same. */
	bool commit;
};

/*
 * Ends a handler with the object at `out`, a struct of the route's reply schema, or with nothing
 * where the route replies with nothing. Always OK, so it can be returned.
 */
enum err reply(struct req *r, const void *out);

/* Ends a handler with a bare array of n structs. */
enum err reply_list(struct req *r, const void *out, size_t n);

/* A path of the service as its clients name it: "/api/v1/users" behind where it is mounted. */
struct str path_here(const struct req *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends a handler with text that is JSON already. */
enum err reply_raw(struct req *r, struct str json);

/* Returns `e`, and says to the client what it means here. */
enum err problem(struct req *r, enum err e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes a fault of the input and returns ERR_INVALID. pointer: "/email". */
enum err fault(struct req *r, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The Authorization header where it is of another scheme than ours, for the application behind the
 * gate; else null. */
struct str who_foreign(const struct req *r);

/*
 * Sets r->who to whom the request's access token speaks for: that of its Authorization header, or
 * at the gate that of its cookie, where sessions.access_cookie allows that. ERR_UNAUTHENTICATED
 * when there is none, ERR_TOKEN_* when it is refused, ERR_DB_UNAVAILABLE while nobody knows what
 * was revoked.
 */
enum err who_asks(struct req *r);

/*
 * What a handler does for good (counts, hashes) is done once, also when the handler is run again
 * because its transaction lost a race. Memory of that name that the runs of one request share, all
 * zero in the first: what was done is noted there. name: a constant; size: always the same for it.
 */
void *req_once(struct req *r, const char *name, size_t size);

/* Where the request came from, as nginx knows it; "" when it does not say. */
struct str client_address(const struct req *r);

/* Its User-Agent, cut and fit to be shown; "" when it is not text, or turns text around. */
struct str client_device(const struct req *r);

/* After the commit: this worker and the others of the host refuse what the request has revoked. */
void revoke_publish(struct req *r);

/*
 * Something that this user changes, who is signed in or signing in: limits.changes a minute, for
 * this host. what: "change", or "sign-in", each by itself, and once for all runs of the handler.
 * ERR_TOO_MANY, which costs no round trip.
 */
enum err limit_change(struct req *r, const char *what, struct user_id user, bool admin);

/* After the commit: who has guessed right need not wait any more. */
void limit_publish(struct req *r);

/* The handler has lost every race: what it has counted as a guess was none, unless it was wrong. */
void limit_give_up(struct req *r);

/* The operations, from routes.def. */
extern const struct route routes[];
extern const size_t routes_count;
