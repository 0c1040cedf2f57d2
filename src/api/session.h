/* SPDX-License-Identifier: MIT */
#pragma once

#include "api/req.h"

/* Whose session it is, as it stands in the access token. */
struct account {
	struct user_id user;
	struct str email, role;
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

/* Exchanges a refresh token, and replies with the new ones. */
enum err session_refresh(struct req *r, struct str token, bool cookie);

/* Ends the session of a refresh token, if there is one. */
enum err session_end(struct req *r, struct str token);

/* Ends the session of the access token that came along, if there is one. */
enum err session_end_own(struct req *r);
