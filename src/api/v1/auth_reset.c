/* SPDX-License-Identifier: MIT */
/* POST /auth/forgot, /auth/unlock, /auth/reset: for a user who cannot sign in. */
#include "api/call.h"
#include "api/cookie.h"
#include "core/account.h"
#include "core/password_rule.h"
#include "core/recovery.h"

struct proof_out {
	struct proof_id id;
};
/* clang-format off */
SCHEMA(proof, proof_out,
	FIELD(proof_out, id, .doc = "Goes together with the code of the mail"));
/* clang-format on */

struct auth_forgot_in {
	struct email email;
};
/* clang-format off */
SCHEMA(auth_forgot, auth_forgot_in,
	FIELD(auth_forgot_in, email, ACCOUNT_EMAIL));
/* clang-format on */

static enum err ask(struct req *r, enum recovery what, const struct email *email)
{
	struct proof_out out = { 0 };

	TRY(recovery_ask(r, what, email, cookie_devices(r), &out.id));
	return reply(r, &out);
}

enum err auth_forgot(struct req *r, const struct auth_forgot_in *in)
{
	return ask(r, RECOVERY_RESET, &in->email);
}

struct auth_unlock_in {
	struct email email;
};
/* clang-format off */
SCHEMA(auth_unlock, auth_unlock_in,
	FIELD(auth_unlock_in, email, ACCOUNT_EMAIL));
/* clang-format on */

enum err auth_unlock(struct req *r, const struct auth_unlock_in *in)
{
	return ask(r, RECOVERY_UNLOCK, &in->email);
}

struct auth_reset_in {
	struct recovery_reset what;
};
/* clang-format off */
SCHEMA(auth_reset, auth_reset_in,
	PROOF_GIVEN_AS(auth_reset_in, what.given),
	FIELD_AS("password", auth_reset_in, what.password, ACCOUNT_PASSWORD,
	      .doc = "Any Unicode; compared in NFC, and with any space as U+0020"),
	FIELD_AS("name", auth_reset_in, what.name, .optional = true, ACCOUNT_NAME,
	      .doc = "Replaces the name; without it an account whose address nobody had confirmed is"
		     " called by the local part of that"));
/* clang-format on */

enum err auth_reset(struct req *r, const struct auth_reset_in *in)
{
	TRY(recovery_reset(r, &in->what));
	return reply(r, NULL);
}
