/* SPDX-License-Identifier: MIT */
/* The user who asks. */
#include "api/call.h"
#include "gen/users.h"

struct me_out {
	struct user_id user_id;
	struct str email, name;
	enum user_role role;
	bool verified;
	struct str pending_email;
	struct instant pending_email_old_confirmed_at, pending_email_new_confirmed_at,
		pending_email_expires_at;
};
/* clang-format off */
SCHEMA(me, me_out,
	FIELD(me_out, user_id),
	FIELD(me_out, email, .format = FORMAT_EMAIL),
	FIELD(me_out, name),
	FIELD(me_out, role),
	FIELD(me_out, verified, .doc = "Whether the address was confirmed"),
	FIELD(me_out, pending_email, .optional = true, .format = FORMAT_EMAIL,
	      .doc = "The address that is asked for and not confirmed by both"),
	FIELD(me_out, pending_email_old_confirmed_at, .optional = true),
	FIELD(me_out, pending_email_new_confirmed_at, .optional = true),
	FIELD(me_out, pending_email_expires_at, .optional = true,
	      .doc = "Until then both have to confirm"));
/* clang-format on */

struct me_get_in;
SCHEMA_NONE(me_get);

enum err me_get(struct req *r, const struct me_get_in *in)
{
	struct user_me key = { .id = r->who.user };
	struct me_row user = { 0 };
	enum err e = user_me(r->db, &key, &user);

	(void)in;
	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);

	struct me_out out = {
		.user_id = user.id,
		.email = user.email,
		.name = user.name,
		.role = user.role,
		.verified = user.verified,
		.pending_email = user.pending_email,
		.pending_email_old_confirmed_at = user.pending_email_old_confirmed_at,
		.pending_email_new_confirmed_at = user.pending_email_new_confirmed_at,
		.pending_email_expires_at = user.pending_email_expires_at,
	};

	return reply(r, &out);
}
