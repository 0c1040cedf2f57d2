/* SPDX-License-Identifier: MIT */
#include "core/fresh.h"

#include "core/audit.h"
#include "core/limit.h"
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
	return row.fresh ? OK : ERR_STALE;
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

enum err fresh_prove(struct req *r, struct secret password, struct instant *until)
{
	struct user_credential key = { .id = r->who.user };
	struct credential_row me = { 0 };
	struct instant proved = { 0 };
	struct audit_note note = { .action = AUDIT_SESSION_PROVE,
				   .subject = r->who.user,
				   .session = r->who.session };
	enum err e = user_credential(r->db, &key, &me);

	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	TRY(limit_password(r, me.email, password, me.password));
	TRY(db_begin(r->db));
	TRY(fresh_proved(r, &proved));
	TRY(audit_note(r, &note));
	*until = proved;
	return OK;
}
