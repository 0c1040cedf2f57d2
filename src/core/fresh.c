/* SPDX-License-Identifier: MIT */
#include "core/fresh.h"

#include "gen/sessions.h"

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
