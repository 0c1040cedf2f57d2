/* SPDX-License-Identifier: MIT */
#include "core/revoke.h"

#include "core/event.h"
#include "gen/sessions.h"
#include "gen/users.h"

enum { BATCH = 1000 /* session_delete_others' limit */ };

/* What a transaction has to tell, under the bucket of the first user it tells of. */
struct telling {
	int32_t bucket;
	struct revocation *v;
	size_t n, room;
};

/* In the transaction, for others. */
static enum err tell(struct req *r, void *arg)
{
	const struct telling *t = arg;

	return event_tell(r->db, r->arena, t->bucket, t->v, t->n);
}

/* After its commit, for the workers of this host. */
static void tell_host(struct req *r, void *arg)
{
	const struct telling *t = arg;

	for (size_t i = 0; i < t->n; i++)
		revoked_tell(r->app->revoked, &t->v[i], instant_now().us / 1000000);
}

static struct telling *telling_of(struct req *r, struct user_id user)
{
	struct telling *t = req_last_of(r, tell);

	if (t != NULL)
		return t;
	t = arena_new(r->arena, struct telling);
	*t = (struct telling){ .bucket = event_bucket(user.uuid) };
	req_last(r, tell, t);
	req_after(r, tell_host, t);
	return t;
}

/* Refuses tokens: of a session, by its id and version 0, or of the user below a version. */
static void revoke(struct req *r, struct user_id user, struct uuid subject, int32_t version)
{
	struct telling *t = telling_of(r, user);

	if (t->n == t->room) {
		struct revocation *more = arena_new_array(r->arena, 2 * t->room + 4,
							  struct revocation);

		for (size_t i = 0; i < t->n; i++)
			more[i] = t->v[i];
		t->v = more;
		t->room = 2 * t->room + 4;
	}
	t->v[t->n++] = (struct revocation){ .subject = subject,
					    .version = version,
					    .expires = (instant_now().us + event_life()) /
						       1000000 };
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
