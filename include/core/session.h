/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/limit.h"

/* The account whose session it is, as it stands in the access token. */
struct account {
	struct user_id user;
	struct str email; /* the confirmed email_key, or "": others take it for the user */
	enum user_role role;
	int32_t version;
};

/* The tokens of a session, and for how many seconds they are good, if the refresh token is not
 * used. */
struct tokens {
	struct str access, refresh;
	int64_t access_s, refresh_s;
};

/* The way in which a session comes to be. */
struct session_how {
	bool cookie;	    /* the refresh token will be in a cookie */
	struct guess guess; /* that was right, and is forgotten with it; all zero: none was made */
};

/*
 * Begins a session, notes it, and forgets the guess that led to it: one statement, of the request's
 * transaction if there is one. The caller has seen to it that this is the user, and may sign in.
 * device: the token of a device that is known from now on (core/device.h). ERR_RETRY when the user
 * was disabled or deleted, or the version raised meanwhile: so what was proved before a password
 * was changed begins nothing after it.
 */
enum err session_new(struct req *r, const struct account *a, const struct session_how *how,
		     struct tokens *out, struct str *device);

/*
 * Exchanges the refresh token among those that were brought for new ones. Tokens that are made up
 * count for nothing. ERR_REFRESH_INVALID when none is left, or when the rest are of more than one
 * session: nobody can tell which of them is meant.
 */
enum err session_refresh(struct req *r, struct str_list tokens, bool cookie, struct tokens *out);

/* Ends a session in a transaction of the request; OK when no session has that id. */
enum err session_end(struct req *r, struct session_id id);

/* Ends the session of each refresh token that is not made up. known: there was such a token. */
enum err session_end_of(struct req *r, struct str_list tokens, bool *known);

/* Ends a session of that user. ERR_SESSION_NOT_FOUND. */
enum err session_end_one(struct req *r, struct user_id user, struct session_id id);

/* Ends all sessions of a user but `keep` (none: all). */
enum err session_end_all(struct req *r, struct user_id user, struct session_id keep);
