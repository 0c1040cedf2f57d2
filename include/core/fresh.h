/* SPDX-License-Identifier: MIT */
/*
 * Whether it is still the owner who sits there. A session lasts for months, and its tokens can be
 * found; so what changes how somebody signs in, and what cannot be undone, is for who has shown a
 * moment ago to know the password. That is remembered with the session (sessions.proved_at), where
 * whatever else proves a person can note it too.
 */
#pragma once

#include "core/req.h"

/*
 * ERR_STALE unless the password was given in the request's session at most sessions.fresh ago;
 * ERR_TOKEN_REVOKED when the session is over. One statement; within a transaction or not.
 */
enum err fresh_needed(struct req *r);

/*
 * The password was given in the request's session just now. In the request's transaction. until: as
 * long as fresh_needed() is content; may be NULL. ERR_TOKEN_REVOKED when the session is over.
 */
enum err fresh_proved(struct req *r, struct instant *until);

/*
 * Who is signed in gives the password again, for what asks for it afresh. until: as long as
 * fresh_needed() is content. ERR_PASSWORD_WRONG, ERR_PROOF_NEEDED.
 */
enum err fresh_prove(struct req *r, struct secret password, struct instant *until);
