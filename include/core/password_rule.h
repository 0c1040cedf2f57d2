/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

/*
 * Checks a new password, wherever it is set: it must be long enough, and not too easy to guess for
 * somebody who knows the account's email and name (password.reject_common). Then hashes it. A
 * refusal is a fault at the pointer ("/password"). The call takes as long as a hash does: never
 * within a transaction.
 */
enum err password_new(struct req *r, const char *pointer, struct secret password, struct str email,
		      struct str name, struct secret *hash);

/* Whether the hash is of that password; a keeper is asked once, as long as the hash is the same. */
enum err password_fits(struct req *r, struct secret password, struct secret hash, bool *fits);

/*
 * A hash that no password fits, with that cost ("m=19456,t=2,p=1"); empty: with today's. In the
 * request's arena.
 */
struct secret password_nobody(struct req *r, struct str cost);

/* The hash of a password that is an account's already, with today's cost. */
enum err password_rehash(struct req *r, struct secret password, struct secret *hash);

/* Whether both hashes are the same text: those of the database, not what somebody has sent. */
bool password_same_hash(struct secret a, struct secret b);
