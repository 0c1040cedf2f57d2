/* SPDX-License-Identifier: MIT */
/* POST /me/password: a new password for somebody who knows the old one. */
#include "api/call.h"
#include "core/account.h"
#include "core/password_rule.h"

struct me_password_in {
	struct secret current_password, password;
	bool end_other_sessions;
};
/* clang-format off */
SCHEMA(me_password, me_password_in,
	FIELD(me_password_in, current_password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX),
	FIELD(me_password_in, password, ACCOUNT_PASSWORD,
	      .doc = "Any Unicode; compared in NFC, and with any space as U+0020"),
	FIELD(me_password_in, end_other_sessions, .optional = true,
	      .doc = "Signs out everywhere but here"));
/* clang-format on */

enum err me_password(struct req *r, const struct me_password_in *in)
{
	TRY(account_set_password(r, in->current_password, in->password, in->end_other_sessions));
	return reply(r, NULL);
}
