/* SPDX-License-Identifier: MIT */
/* The sessions of a user: seen and ended by the user, or by an admin. */
#include "gen/sessions.h"
#include "api/call.h"
#include "core/audit.h"
#include "core/revoke.h"
#include "gen/users.h"

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

/* ERR_USER_NOT_FOUND when there is no such user; an admin may name anybody. */
static enum err known_user(struct req *r, struct user_id user)
{
	struct user_by_id key = { .id = user };
	struct user_row row = { 0 };
	char id[UUID_TEXT];
	enum err e = user_by_id(r->db, &key, &row);

	if (e == ERR_NO_ROW)
		return problem(r, ERR_USER_NOT_FOUND, "user %s not found",
			       uuid_format(user.uuid, id).p);
	return e;
}

static enum err list(struct req *r, struct user_id user)
{
	struct session_page key = { .user_id = user };
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

static enum err end_one(struct req *r, struct user_id user, struct session_id id)
{
	struct session_delete key = { .id = id, .user_id = user };
	struct audit_note note = { .action = AUDIT_SESSION_END, .subject = user, .session = id };
	struct ended_session_row ended = { 0 };
	char text[UUID_TEXT];

	TRY(db_begin(r->db));

	enum err e = session_delete(r->db, &key, &ended);

	if (e == ERR_NO_ROW)
		return problem(r, ERR_SESSION_NOT_FOUND, "session %s not found",
			       uuid_format(id.uuid, text).p);
	TRY(e);
	TRY(revoke_session(r, id));
	TRY(audit_note(r, &note));
	return reply(r, NULL);
}

static enum err end_all(struct req *r, struct user_id user, struct session_id keep)
{
	struct audit_note note = { .action = AUDIT_SESSION_END_ALL, .subject = user };
	size_t ended = 0;

	TRY(db_begin(r->db));
	TRY(revoke_sessions(r, user, keep, &ended));
	note.detail = arena_printf(r->arena, "%zu ended", ended);
	TRY(audit_note(r, &note));
	return reply(r, NULL);
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
	return end_one(r, r->who.user, in->id);
}

struct me_session_remove_others_in;
SCHEMA_NONE(me_session_remove_others);

enum err me_session_remove_others(struct req *r, const struct me_session_remove_others_in *in)
{
	(void)in;
	return end_all(r, r->who.user, r->who.session);
}

struct user_session_list_in {
	struct user_id id;
};
SCHEMA(user_session_list, user_session_list_in, FIELD(user_session_list_in, id));

enum err user_session_list(struct req *r, const struct user_session_list_in *in)
{
	TRY(known_user(r, in->id));
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
	return end_one(r, in->id, in->session);
}

struct user_session_remove_all_in {
	struct user_id id;
};
SCHEMA(user_session_remove_all, user_session_remove_all_in, FIELD(user_session_remove_all_in, id));

enum err user_session_remove_all(struct req *r, const struct user_session_remove_all_in *in)
{
	TRY(known_user(r, in->id));
	return end_all(r, in->id, (struct session_id){ 0 });
}
