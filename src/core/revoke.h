/* SPDX-License-Identifier: MIT */
/*
 * Revocations end sessions and tokens before these run out. All functions here write in the
 * request's transaction; this host refuses the tokens as soon as it is committed, others within a
 * second.
 */
#pragma once

#include "core/req.h"

/* Refuses the access tokens of a user's session that has been ended. */
void revoke_session(struct req *r, struct user_id user, struct session_id id);

/* Refuses all access tokens that a user has so far; sessions go on with new ones. For a changed
 * role or address. OK when there is no such user. */
enum err revoke_tokens(struct req *r, struct user_id id);

/* Ends all sessions of a user but `keep` (none: all), and refuses their tokens. */
enum err revoke_sessions(struct req *r, struct user_id id, struct session_id keep, size_t *ended);

/* Refuses every access token of a user who is no more. */
void revoke_user(struct req *r, struct user_id id);
