/* SPDX-License-Identifier: MIT */
#include "core/revoke.h"

#include "gen/revocations.h"
#include "gen/sessions.h"

enum { CLOCKS_US = 60000000 /* that clocks may differ by */ };

int64_t revoke_life(const struct req *r)
{
	(void)r;
	/* The longest jwt.access_ttl, not that of now: it may be lower than when the token was
	 * made, here or on another host. */
	return CONF_ACCESS_TTL_MAX_S * INT64_C(1000000) + CLOCKS_US;
}

static void tell(struct req *r, void *arg)
{
	revoked_tell(r->app->revoked, arg, instant_now().us / 1000000);
}

/* Has this worker and the others of the host told after the commit. */
static void remember(struct req *r, struct uuid subject, int32_t version)
{
	struct revocation *what = arena_new(r->arena, struct revocation);

	*what = (struct revocation){ .subject = subject,
				     .version = version,
				     .expires = (instant_now().us + revoke_life(r)) / 1000000 };
	req_after(r, tell, what);
}

static enum err revoke(struct req *r, struct uuid subject, int32_t version)
{
	struct revocation_insert row = { .subject = { subject },
					 .version = version,
					 .access_us = revoke_life(r) };

	TRY(revocation_insert(r->db, &row, NULL));
	remember(r, subject, version);
	return OK;
}

enum err revoke_session(struct req *r, struct session_id id)
{
	return revoke(r, id.uuid, 0);
}

enum err revoke_tokens(struct req *r, struct user_id id)
{
	struct user_bump key = { .id = id };
	struct bumped_user_row user = { 0 };
	enum err e = user_bump(r->db, &key, &user);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);
	return revoke(r, id.uuid, user.token_version);
}

enum err revoke_sessions(struct req *r, struct user_id id, struct session_id keep, size_t *ended)
{
	struct session_delete_others key = { .user_id = id,
					     .keep = keep,
					     .access_us = revoke_life(r) };
	struct ended_session_rows sessions = { 0 };

	TRY(session_delete_others(r->db, &key, &sessions));
	for (size_t i = 0; i < sessions.n; i++)
		remember(r, sessions.v[i].id.uuid, 0);
	if (ended != NULL)
		*ended = sessions.n;
	return OK;
}

enum err revoke_user(struct req *r, struct user_id id)
{
	return revoke(r, id.uuid, INT32_MAX);
}
