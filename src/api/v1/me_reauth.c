/* SPDX-License-Identifier: MIT */
/* POST /me/reauth: the password once more, for what asks for it afresh. */
#include "api/call.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/limit.h"
#include "core/password_rule.h"
#include "gen/users.h"

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
	struct audit_note note = { .action = AUDIT_SESSION_PROVE,
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
