/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"

enum audit_action {
	AUDIT_NOTHING,
#define ACTION(name, word) AUDIT_##name,
#include "core/audit.def"
#undef ACTION
};

extern const struct vocabulary audit_actions;

/* The word that is written down: "session.begin". */
static inline struct str audit_action_word(enum audit_action a)
{
	return vocabulary_word(&audit_actions, (int)a);
}

/*
 * A note of who did what to whom. The request itself tells from where and under which request id;
 * the actor is the user who is signed in, unless one is named here (somebody who has just proved
 * who they are).
 */
struct audit_note {
	enum audit_action action;
	struct user_id actor;
	struct user_id subject;
	struct session_id session;
	struct str detail; /* what changed, for people; never a secret; null for nothing */
};

/* Writes the note in the request's transaction: begin one (db_begin) before the writes that it
 * tells of. */
enum err audit_note(struct req *r, const struct audit_note *n);
