/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/kind.h"
#include "core/req.h"
#include "cred/password.h"
#include "gen/users.h"
#include "schema/fields.h"
#include "text/email.h"

/* Bounds of an address, a name and a new password, for the FIELD of whatever takes one. */
#define ACCOUNT_EMAIL .min = 1, .max_bytes = EMAIL_MAX
#define ACCOUNT_NAME .min = 1, .max = 200, .format = FORMAT_TEXT
#define ACCOUNT_PASSWORD .min = PASSWORD_CHARS_MIN, .max_bytes = PASSWORD_BYTES_MAX

/*
 * Whether an admin who can sign in remains without this user; in the request's transaction, before
 * the user is deleted, demoted, disabled or kept from signing in. ERR_LAST_ADMIN when none does. Of
 * several requests that would each leave somebody else, the second one sees what the first one did.
 * OK when there is no such user.
 */
enum err admins_remain(struct req *r, struct user_id without);

/* An account that somebody makes without its owner's registering. */
struct account_new {
	struct email email;
	struct str name;	/* a valid one */
	struct secret password; /* its hash */
	enum user_role role;
};

/*
 * Makes the account in the request's transaction, its address confirmed, and notes that.
 * ERR_EMAIL_TAKEN.
 */
enum err account_create(struct req *r, const struct account_new *account, struct user_id *out);

/* Inserts a user; ERR_EMAIL_TAKEN also where the address is held for somebody to go back to. */
enum err account_insert(struct req *r, const struct user_insert *row);

/* Returns ERR_USER_NOT_FOUND, with a message that names the id. */
enum err account_unknown(struct req *r, struct user_id id);

/* Returns account_unknown() where no user has that id. */
enum err account_known(struct req *r, struct user_id id);

struct account_change {
	struct user_id id;
	struct email email;
	struct str name; /* a valid one */
};

/*
 * Changes name and spelling of the address, and for an admin who has given the password a moment
 * ago the address itself; notes what has changed. ERR_PROOF_NEEDED: the address is changed in
 * another way (core/address_change.h); ERR_STALE, ERR_EMAIL_TAKEN, ERR_LAST_ADMIN.
 */
enum err account_change(struct req *r, const struct account_change *in, struct user_row *out);

/*
 * Ends an account, for a user who has given the password a moment ago. OK also when this request
 * has done it before. ERR_STALE, ERR_LAST_ADMIN.
 */
enum err account_remove(struct req *r, struct user_id id);

struct account_state {
	struct user_id id;
	enum user_role role; /* none: the role stays */
	bool disabled, disabled_given;
};

/* Sets role and whether the account may be used, for a user who gave the password a moment ago. */
enum err account_set_state(struct req *r, const struct account_state *in,
			   struct locked_user_row *out);

/*
 * Sets a new password for the user who is signed in and knows the old one: earlier access tokens
 * are refused. ERR_PASSWORD_WRONG, ERR_PROOF_NEEDED, ERR_INVALID.
 */
enum err account_set_password(struct req *r, struct secret current, struct secret password,
			      bool end_other_sessions);
