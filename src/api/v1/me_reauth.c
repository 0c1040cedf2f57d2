/* SPDX-License-Identifier: MIT */
/* POST /me/reauth: the password once more, for requests that need it fresh. */
#include "api/call.h"
#include "core/fresh.h"
#include "core/password_rule.h"

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
	struct fresh_out out = { 0 };

	TRY(fresh_prove(r, in->password, &out.fresh_until));
	return reply(r, &out);
}
