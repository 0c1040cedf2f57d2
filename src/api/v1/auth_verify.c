/* SPDX-License-Identifier: MIT */
/* POST /me/verification, POST /auth/verify: confirming an address. */
#include "api/call.h"
#include "core/account.h"
#include "core/password_rule.h"
#include "core/verification.h"

/* clang-format off */
SCHEMA(asked, verification_asked,
	FIELD(verification_asked, id, .optional = true,
	      .doc = "Goes together with the code of the mail; none is sent when it is verified"),
	FIELD(verification_asked, verified, .doc = "Already"));
/* clang-format on */

struct me_verification_in;
SCHEMA_NONE(me_verification);

enum err me_verification(struct req *r, const struct me_verification_in *in)
{
	struct verification_asked out = { 0 };

	(void)in;
	TRY(verification_ask(r, &out));
	return reply(r, &out);
}

struct auth_verify_in {
	struct verification what;
};
/* clang-format off */
SCHEMA(auth_verify, auth_verify_in,
	PROOF_GIVEN_AS(auth_verify_in, what.given),
	FIELD_AS("password", auth_verify_in, what.password, .optional = true, .min = 1, .max_bytes = PASSWORD_BYTES_MAX,
	      .doc = "The one that was chosen when registering; with a link, this or new_password"),
	FIELD_AS("new_password", auth_verify_in, what.new_password, .optional = true, ACCOUNT_PASSWORD, .doc = "For who does not know that one: replaces it"),
	FIELD_AS("name", auth_verify_in, what.name, .optional = true, ACCOUNT_NAME,
	      .doc = "Together with new_password; without it the local part of the address"));
/* clang-format on */

enum err auth_verify(struct req *r, const struct auth_verify_in *in)
{
	TRY(verification_confirm(r, &in->what));
	return reply(r, NULL);
}
