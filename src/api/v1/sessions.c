/* SPDX-License-Identifier: MIT */
/* The sessions of a user: seen and ended by the user, or by an admin. */
#include "gen/sessions.h"
#include "api/call.h"
#include "core/account.h"
#include "core/session.h"

struct session_out {
	struct session_id id;
	struct str device, address;
	struct instant created_at, last_used_at, ends_at;
	bool current;
};
/* clang-format off */
SCHEMA(session, session_out,
	FIELD(session_out, id),
	FIELD(session_out, device, .doc = "User-Agent of whoever began it"),
	FIELD(session_out, address, .doc = "From which it was used last"),
	FIELD(session_out, created_at),
	FIELD(session_out, last_used_at),
	FIELD(session_out, ends_at, .doc = "However much it is used"),
	FIELD(session_out, current, .doc = "The one of this request"));
/* clang-format on */

static enum err list(struct req *r, struct user_id user)
{
	struct session_page key = { .user_id = user, .idle_us = r->app->conf->sessions_idle };
	struct session_rows rows = { 0 };

	TRY(session_page(r->db, &key, &rows));

	struct session_out *out = arena_new_array(r->arena, rows.n, struct session_out);

	for (size_t i = 0; i < rows.n; i++)
		out[i] = (struct session_out){
			.id = rows.v[i].id,
			.device = rows.v[i].user_agent,
			.address = rows.v[i].address,
			.created_at = rows.v[i].created_at,
			.last_used_at = rows.v[i].last_used_at,
			.ends_at = rows.v[i].ends_at,
			.current = uuid_eq(rows.v[i].id.uuid, r->who.session.uuid),
		};
	return reply_list(r, out, rows.n);
}

struct me_session_list_in;
SCHEMA_NONE(me_session_list);

enum err me_session_list(struct req *r, const struct me_session_list_in *in)
{
	(void)in;
	return list(r, r->who.user);
}

struct me_session_remove_in {
	struct session_id id;
};
SCHEMA(me_session_remove, me_session_remove_in, FIELD(me_session_remove_in, id));

enum err me_session_remove(struct req *r, const struct me_session_remove_in *in)
{
	TRY(session_end_one(r, r->who.user, in->id));
	return reply(r, NULL);
}

struct me_session_remove_others_in;
SCHEMA_NONE(me_session_remove_others);

enum err me_session_remove_others(struct req *r, const struct me_session_remove_others_in *in)
{
	(void)in;
	TRY(session_end_all(r, r->who.user, r->who.session));
	return reply(r, NULL);
}

struct user_session_list_in {
	struct user_id id;
};
SCHEMA(user_session_list, user_session_list_in, FIELD(user_session_list_in, id));

enum err user_session_list(struct req *r, const struct user_session_list_in *in)
{
	TRY(account_known(r, in->id));
	return list(r, in->id);
}

struct user_session_remove_in {
	struct user_id id;
	struct session_id session;
};
/* clang-format off */
SCHEMA(user_session_remove, user_session_remove_in,
	FIELD(user_session_remove_in, id),
	FIELD(user_session_remove_in, session));
/* clang-format on */

enum err user_session_remove(struct req *r, const struct user_session_remove_in *in)
{
	TRY(session_end_one(r, in->id, in->session));
	return reply(r, NULL);
}

struct user_session_remove_all_in {
	struct user_id id;
};
SCHEMA(user_session_remove_all, user_session_remove_all_in, FIELD(user_session_remove_all_in, id));

enum err user_session_remove_all(struct req *r, const struct user_session_remove_all_in *in)
{
	TRY(account_known(r, in->id));
	TRY(session_end_all(r, in->id, (struct session_id){ 0 }));
	return reply(r, NULL);
}
