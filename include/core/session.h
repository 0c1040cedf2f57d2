/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

/* Whose session it is, as it stands in the access token. */
struct account {
	struct user_id user;
	struct str email; /* email_key of what is confirmed, or "": others take it for who it is */
	enum user_role role;
	int32_t version;
};

/* The tokens of a session, and for how many seconds they are good, if the refresh token is not
 * used. */
struct tokens {
	struct str access, refresh;
	int64_t access_s, refresh_s;
};

/*
 * Begins a session in the request's transaction. Whoever calls has seen to it that this is the
 * user, and may sign in. cookie: the refresh token will be in one. ERR_RETRY when the user was
 * disabled or deleted, or the version raised meanwhile: so what was proved before a password was
 * changed begins nothing after it.
 */
enum err session_begin(struct req *r, const struct account *a, bool cookie, struct tokens *out);

/*
 * Exchanges the refresh token among those that were brought for new ones. Tokens that are made up
 * count for nothing. ERR_REFRESH_INVALID when none is left, or when those that are left are of more
 * than one session: which of them is meant nobody can tell.
 */
enum err session_refresh(struct req *r, struct str_list tokens, bool cookie, struct tokens *out);

/* Ends a session in a transaction of the request; OK when there is none of that id. */
enum err session_end(struct req *r, struct session_id id);

/* Ends the session of each refresh token that is not made up. known: whether there was one. */
enum err session_end_of(struct req *r, struct str_list tokens, bool *known);
