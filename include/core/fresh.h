/* SPDX-License-Identifier: MIT */
/*
 * Freshness: whether the owner still sits there. A session lasts for months, and its tokens can be
 * found; so requests that change how somebody signs in, or cannot be undone, are for a user who has
 * shown a moment ago to know the password. The session remembers that moment (sessions.proved_at),
 * and whatever else proves a person can note it there too.
 */
#pragma once

#include "core/req.h"

/*
 * Returns ERR_STALE unless the password was given in the request's session at most sessions.fresh
 * ago; ERR_TOKEN_REVOKED when the session is over. One statement; within a transaction or not.
 */
enum err fresh_needed(struct req *r);

/*
 * Notes in the request's transaction that the password was given in its session just now. until:
 * how long fresh_needed() is content; may be NULL. ERR_TOKEN_REVOKED when the session is over.
 */
enum err fresh_proved(struct req *r, struct instant *until);

/*
 * The user who is signed in gives the password again, for requests that need it fresh. until: how
 * long fresh_needed() is content. ERR_PASSWORD_WRONG, ERR_PROOF_NEEDED.
 */
enum err fresh_prove(struct req *r, struct secret password, struct instant *until);
