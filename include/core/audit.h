/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

/*
 * Who did what to whom. Where and under which request id the request itself tells; the actor is who
 * is signed in, unless one is named here (somebody who has just proved who they are).
 */
struct audit_note {
	const char *action; /* "session.begin": what it is about, and a verb */
	struct user_id actor;
	struct user_id subject;
	struct session_id session;
	struct str detail; /* what changed, for people; never a secret; null for nothing */
};

/* Writes it down in the request's transaction: begin one (db_begin) before what it tells. */
enum err audit_note(struct req *r, const struct audit_note *n);
