/* SPDX-License-Identifier: MIT */
#include "api/fresh.h"

#include "api/audit.h"
#include "api/limit.h"
#include "api/password_rule.h"
#include "gen/sessions.h"
#include "gen/users.h"

enum err fresh_needed(struct req *r)
{
	struct session_fresh key = { .id = r->who.session,
				     .user_id = r->who.user,
				     .fresh_us = r->app->conf->sessions_fresh };
	struct fresh_session_row row = { 0 };
	enum err e = session_fresh(r->db, &key, &row);

	if (e == ERR_NO_ROW)
		return ERR_TOKEN_REVOKED;
	TRY(e);
	return row.fresh ? OK
			 : problem(r, ERR_STALE,
				   "give your password again first: POST /api/v1/me/reauth");
}

enum err fresh_proved(struct req *r, struct instant *until)
{
	struct session_prove row = { .id = r->who.session,
				     .user_id = r->who.user,
				     .fresh_us = r->app->conf->sessions_fresh };
	struct proved_session_row proved = { 0 };
	enum err e = session_prove(r->db, &row, &proved);

	if (e == ERR_NO_ROW)
		return ERR_TOKEN_REVOKED;
	TRY(e);
	if (until != NULL)
		*until = proved.fresh_until;
	return OK;
}

struct me_reauth_in {
	struct secret password;
};
/* clang-format off */
SCHEMA(me_reauth, me_reauth_in,
	FIELD(me_reauth_in, password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX,
	      .doc = "The current one"));
/* clang-format on */

struct fresh_out {
	struct instant fresh_until;
};
/* clang-format off */
SCHEMA(fresh, fresh_out,
	FIELD(fresh_out, fresh_until, .doc = "Until then nothing asks for the password again"));
/* clang-format on */

enum err me_reauth(struct req *r, const struct me_reauth_in *in)
{
	struct user_credential key = { .id = r->who.user };
	struct credential_row me = { 0 };
	struct fresh_out out = { 0 };
	struct audit_note note = { .action = "session.prove",
				   .subject = r->who.user,
				   .session = r->who.session };
	enum err e = user_credential(r->db, &key, &me);

	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	TRY(limit_password(r, me.email, in->password, me.password));
	TRY(db_begin(r->db));
	TRY(fresh_proved(r, &out.fresh_until));
	TRY(audit_note(r, &note));
	return reply(r, &out);
}
