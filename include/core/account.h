/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"
#include "gen/users.h"

enum { USER_NAME_MAX = 200 /* characters */ };

/*
 * Before a user is deleted, demoted, disabled or kept from signing in, in the request's
 * transaction: ERR_LAST_ADMIN when this is the last one who administers and can sign in. Of several
 * requests that would each leave somebody else, the second one sees what the first one did. OK when
 * there is no such user.
 */
enum err admins_remain(struct req *r, struct user_id without);

/* An account that somebody makes without its owner's registering. */
struct account_new {
	struct str email, name; /* valid ones */
	struct secret password; /* its hash */
	enum user_role role;
};

/*
 * Makes it in the request's transaction, its address confirmed, and notes that. ERR_EMAIL_TAKEN.
 */
enum err account_create(struct req *r, const struct account_new *account, struct user_id *out);

/* Inserts a user; ERR_EMAIL_TAKEN also where the address is held for who can go back to it. */
enum err account_insert(struct req *r, const struct user_insert *row);
