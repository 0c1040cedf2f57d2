/* SPDX-License-Identifier: MIT */
#pragma once

#include "api/req.h"

/* Whose session it is, as it stands in the access token. */
struct account {
	struct user_id user;
	struct str email; /* email_key of what is confirmed, or "": others take it for who it is */
	enum user_role role;
	int32_t version;
	struct str device; /* its token, told where there is no cookie; see device.h */
};

/*
 * Begins a session in the request's transaction, and replies with its tokens. Whoever calls has
 * seen to it that this is the user, and may sign in. ERR_RETRY when the user was disabled or
 * deleted, or the version raised meanwhile: so what was proved before a password was changed begins
 * nothing after it.
 */
enum err session_begin(struct req *r, const struct account *a, bool cookie);

/*
 * Exchanges the refresh token among those that were brought, and replies with the new ones. Tokens
 * that are made up count for nothing. ERR_REFRESH_INVALID when none is left, or when those that are
 * left are of more than one session: which of them is meant nobody can tell.
 */
enum err session_refresh(struct req *r, struct str_list tokens, bool cookie);

/* Ends the session of each refresh token that is not made up. known: whether there was one. */
enum err session_end(struct req *r, struct str_list tokens, bool *known);

/* Ends the session of the access token that came along, if there is one. */
enum err session_end_own(struct req *r);
