/* SPDX-License-Identifier: MIT */
/* /auth/email: requests that the mails about another address lead to. */
#include "api/call.h"
#include "core/address_change.h"

struct auth_email_confirm_in {
	struct proof_given given;
	struct secret password;
};
/* clang-format off */
SCHEMA(auth_email_confirm, auth_email_confirm_in,
	PROOF_GIVEN(auth_email_confirm_in),
	FIELD(auth_email_confirm_in, password, .optional = true, .min = 1,
	      .max_bytes = PASSWORD_BYTES_MAX,
	      .doc = "Of the account; together with the link to the new address"));
/* clang-format on */

/* clang-format off */
SCHEMA(email_confirmed, address_confirmed,
	FIELD(address_confirmed, email, .format = FORMAT_EMAIL, .doc = "The new address"),
	FIELD(address_confirmed, old_confirmed),
	FIELD(address_confirmed, new_confirmed),
	FIELD(address_confirmed, done, .doc = "Both have, and it is the address from now on"));
/* clang-format on */

enum err auth_email_confirm(struct req *r, const struct auth_email_confirm_in *in)
{
	struct address_confirmed out = { 0 };

	TRY(address_change_confirm(r, &in->given, in->password, &out));
	return reply(r, &out);
}

struct auth_email_undo_in {
	struct str token;
};
/* clang-format off */
SCHEMA(auth_email_undo, auth_email_undo_in,
	FIELD(auth_email_undo_in, token, .min = 1, .max = 1024, .doc = "Of the link"));
/* clang-format on */

enum err auth_email_undo(struct req *r, const struct auth_email_undo_in *in)
{
	TRY(address_change_undo(r, in->token));
	return reply(r, NULL);
}
