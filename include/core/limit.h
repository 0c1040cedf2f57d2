/* SPDX-License-Identifier: MIT */
/*
 * Limits against guessing. A guess is counted before it is looked at, and taken back when it was
 * right: so of many at once no more are looked at than of as many one after the other. Counts are
 * in the database, for all hosts; keys that have to wait are also remembered by this host, so that
 * refusing them costs no round trip. Codes and links are the exception: they are looked at first,
 * for a right one opens whoever shares the network. A refusal is ERR_TOO_MANY, and says how long to
 * wait.
 *
 * Functions that count do so at once and for good, whatever becomes of the request: call them
 * before db_begin.
 */
#pragma once

#include "core/req.h"

/* A guess at a password. Keys are those of the table attempts. */
struct guess {
	struct str pair, network, account;
	struct user_id user; /* for the audit log; set by the caller of limit_count; none: nobody */
	int32_t failures;    /* of the pair, this one included */
	/* guarded: the account was guessed at so often that a password alone does not open it.
	 * reached: this guess has led to that. */
	bool guarded, reached;
	bool wrong;   /* and the client was told so */
	bool cleared; /* this is no guess: all that was counted is forgotten, see limit_clear */
	/* Ends of the waits: by the database's clock, and as ticks of this host. */
	struct instant pair_until, network_until;
	int64_t pair_tick, network_tick;
};

/* Fills in whom a guess counts for. Any text will do as the address. */
void limit_name(struct req *r, struct str email, struct guess *g);

/*
 * The same for a device or a session that is known already: its guesses are counted apart from all
 * others, as if it were a network and the account were guarded against it alone. what, id:
 * "device", or "session", and which.
 */
void limit_name_own(struct req *r, const char *what, struct uuid id, struct str email,
		    struct guess *g);

/* Whether the guess would be refused, as far as this host knows; a counted one is not. */
enum err limit_look(struct req *r, const struct guess *g);

/*
 * Counts a guess at the password of whoever has that address; unknown addresses are counted like
 * known ones. proved: whoever guesses has shown to read the account's mail, and need not wait. g:
 * of limit_name or limit_name_own.
 */
enum err limit_count(struct req *r, bool proved, struct guess *g);

/* The guess was right. In the transaction of what it leads to. */
enum err limit_right(struct req *r, const struct guess *g);

/* The same where the statement that writes what it leads to (session_begin) has taken it back. */
void limit_was_right(struct req *r);

/* The guess was wrong: the reply tells how many are left. Returns `e`. */
enum err limit_wrong(struct req *r, const struct guess *g, enum err e);

/* The guess was not looked at after all, and is taken back. Returns `e`. */
enum err limit_undo(struct req *r, const struct guess *g, enum err e);

/*
 * Whether this is the password of the user who is signed in. The guess is counted for the session
 * alone, which others cannot guard, and taken back if it is right, once for all runs of the
 * handler. email, hash: of the account. ERR_PASSWORD_WRONG; ERR_PROOF_NEEDED: the account is
 * guarded, and a reset by mail is the way.
 */
enum err limit_password(struct req *r, struct str email, struct secret password,
			struct secret hash);

/* The same for somebody who is not signed in, whose user something else has told: the guess is
 * counted like a sign-in. */
enum err limit_password_of(struct req *r, struct user_id user, struct str email,
			   struct secret password, struct secret hash);

/*
 * Somebody has proved by mail that the account is theirs, and set a new password: its failures are
 * forgotten, and those of this network at it. In the transaction of what that leads to.
 */
enum err limit_clear(struct req *r, struct str email);

/*
 * A mailed code or link was wrong, and is counted for the network it comes from; what: "code" or
 * "link", each by itself. Returns `e`, or ERR_TOO_MANY where wrong ones were too many: right ones
 * are never refused. How many are left is not told: a proof has a count of its own.
 */
enum err limit_code_wrong(struct req *r, const char *what, enum err e);

/* Counts a request that sends mail or makes an account: limits.network_mails an hour a network. */
enum err limit_mail(struct req *r);

/*
 * Counts the same for a user or a device that is known, once limit_mail has refused: limits.mails
 * an hour, for that one alone. what: the kind of the id.
 */
enum err limit_mail_apart(struct req *r, const char *what, struct uuid who);

/* Does both for a user who is signed in: others of the network keep nobody from a mail. */
enum err limit_mail_own(struct req *r, struct user_id user);

/*
 * Counts a change by a user who is signed in or signing in: limits.changes a minute, or
 * limits.admin_changes, for this host. what: "change", or "sign-in", each by itself, and once for
 * all runs of the request. ERR_TOO_MANY, which costs no round trip.
 */
enum err limit_change(struct req *r, const char *what, struct user_id user, bool admin);
