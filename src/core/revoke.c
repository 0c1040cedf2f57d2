/* SPDX-License-Identifier: MIT */
#include "core/revoke.h"

#include "core/event.h"
#include "gen/sessions.h"
#include "gen/users.h"

enum { BATCH = 1000 /* session_delete_others' limit */ };

static void tell(struct req *r, void *arg)
{
	revoked_tell(r->app->revoked, arg, instant_now().us / 1000000);
}

/* Has others told in the transaction, and the workers of this host after its commit. */
static void revoke(struct req *r, struct user_id user, struct uuid subject, int32_t version)
{
	struct revocation *what = arena_new(r->arena, struct revocation);

	*what = (struct revocation){ .subject = subject,
				     .version = version,
				     .expires = (instant_now().us + event_life()) / 1000000 };
	event_revoked(r, user, subject, version);
	req_after(r, tell, what);
}

void revoke_session(struct req *r, struct user_id user, struct session_id id)
{
	revoke(r, user, id.uuid, 0);
}

enum err revoke_tokens(struct req *r, struct user_id id)
{
	struct user_bump key = { .id = id };
	struct bumped_user_row user = { 0 };
	enum err e = user_bump(r->db, &key, &user);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);
	revoke(r, id, id.uuid, user.token_version);
	return OK;
}

enum err revoke_sessions(struct req *r, struct user_id id, struct session_id keep, size_t *ended)
{
	struct session_delete_others key = { .user_id = id, .keep = keep };
	struct ended_session_rows sessions = { .n = BATCH };
	size_t all = 0;

	for (; sessions.n == BATCH; all += sessions.n) {
		TRY(session_delete_others(r->db, &key, &sessions));
		for (size_t i = 0; i < sessions.n; i++)
			revoke_session(r, id, sessions.v[i].id);
	}
	if (ended != NULL)
		*ended = all;
	return OK;
}

void revoke_user(struct req *r, struct user_id id)
{
	revoke(r, id, id.uuid, INT32_MAX);
}
