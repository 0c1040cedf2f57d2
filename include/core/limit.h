/* SPDX-License-Identifier: MIT */
/*
 * What is done against guessing. A guess is counted before it is looked at, and taken back when it
 * was right: so of many at once no more are looked at than of as many one after the other. Counts
 * are in the database, for all hosts; what has to wait is also remembered by this host, so that
 * refusing it costs no round trip. Codes and links are the exception: they are looked at first, for
 * what is right opens whoever shares the network. A refusal is ERR_TOO_MANY, and says how long to
 * wait.
 *
 * All that count do so at once and for good, whatever becomes of the request: call them before
 * db_begin.
 */
#pragma once

#include "core/req.h"

/* A guess at a password. Keys are those of the table attempts. */
struct guess {
	struct str pair, network, account;
	struct user_id user; /* for the audit log; set by who has counted, none: nobody */
	int32_t failures;    /* of the pair, this one included */
	/* The account was guessed at so often that a password alone does not open it; and this was
	 * the guess that led to it. */
	bool guarded, reached;
	bool wrong;   /* and the client was told so */
	bool cleared; /* it is none: all that was counted is forgotten, see limit_clear */
	/* As the database says, and when that is here: ticks. */
	struct instant pair_until, network_until;
	int64_t pair_tick, network_tick;
};

/* Fills in whom a guess counts for. Whatever stands there as an address will do. */
void limit_name(struct req *r, struct str email, struct guess *g);

/*
 * The same for who is known already: counted apart from all others, as if it were a network and the
 * account were guarded against it alone. what, id: "device", or "session".
 */
void limit_name_own(struct req *r, const char *what, struct uuid id, struct str email,
		    struct guess *g);

/* Whether it would be refused, as far as this host knows. One that was counted is not any more. */
enum err limit_look(struct req *r, const struct guess *g);

/*
 * Counts a guess at the password of whoever has that address; unknown ones are counted like known
 * ones. proved: who guesses has shown to read the account's mail, and need not wait. g: of
 * limit_look.
 */
enum err limit_count(struct req *r, bool proved, struct guess *g);

/* The guess was right. In the transaction of what it leads to. */
enum err limit_right(struct req *r, const struct guess *g);

/* The same where the statement has done it that writes what it leads to (session_begin). */
void limit_was_right(struct req *r);

/* It was wrong: says in the reply what is left, and returns `e`. */
enum err limit_wrong(struct req *r, const struct guess *g, enum err e);

/* It was not looked at after all; returns `e`. */
enum err limit_undo(struct req *r, const struct guess *g, enum err e);

/*
 * Whether this is the password of who is signed in; counted for the session alone, which others
 * cannot guard, and taken back if it is, once for all runs of the handler. email, hash: of the
 * account. ERR_PASSWORD_WRONG; ERR_PROOF_NEEDED: the account is guarded, and a reset by mail is the
 * way.
 */
enum err limit_password(struct req *r, struct str email, struct secret password,
			struct secret hash);

/* The same of somebody who is not signed in, whose user something else has told: counted like a
 * sign-in. */
enum err limit_password_of(struct req *r, struct user_id user, struct str email,
			   struct secret password, struct secret hash);

/*
 * Somebody has proved that the account is theirs, by a reset: its failures are forgotten, and those
 * of this network at it. In the transaction of what that leads to.
 */
enum err limit_clear(struct req *r, struct str email);

/*
 * A mailed code or link was wrong, and is counted for the network it comes from; what: "code" or
 * "link", each by itself. Returns `e`, or ERR_TOO_MANY where those were too many: right ones are
 * never refused. How many are left is not told: a proof has a count of its own.
 */
enum err limit_code_wrong(struct req *r, const char *what, enum err e);

/* Something that sends mail or makes an account: limits.network_mails an hour from one network. */
enum err limit_mail(struct req *r);

/*
 * For who was refused that and is known: limits.mails an hour, counted for that one alone. what: of
 * which kind the id is.
 */
enum err limit_mail_apart(struct req *r, const char *what, struct uuid who);

/* Both, for a user who is signed in: what others of the network ask for keeps nobody from a mail.
 */
enum err limit_mail_own(struct req *r, struct user_id user);

/*
 * Something that this user changes, who is signed in or signing in: limits.changes a minute, for
 * this host. what: "change", or "sign-in", each by itself, and once for all runs of the request.
 * ERR_TOO_MANY, which costs no round trip.
 */
enum err limit_change(struct req *r, const char *what, struct user_id user, bool admin);
