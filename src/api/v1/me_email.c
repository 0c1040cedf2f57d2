/* SPDX-License-Identifier: MIT */
/* /me/email: another address, asked for with the password. */
#include "api/call.h"
#include "core/account.h"
#include "core/address_change.h"
#include "text/email.h"

struct me_email_ask_in {
	struct email email;
	struct secret password;
};
/* clang-format off */
SCHEMA(me_email_ask, me_email_ask_in,
	FIELD(me_email_ask_in, email, ACCOUNT_EMAIL),
	FIELD(me_email_ask_in, password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX,
	      .doc = "The current one"));
/* clang-format on */

/* clang-format off */
SCHEMA(email_asked, address_asked,
	FIELD(address_asked, old_id, .doc = "Goes with the code in the mail to the old address"),
	FIELD(address_asked, new_id, .doc = "Goes with the code in the mail to the new address"),
	FIELD(address_asked, expires_at, .doc = "Until then both have to confirm"));
/* clang-format on */

enum err me_email_ask(struct req *r, const struct me_email_ask_in *in)
{
	struct address_asked out = { 0 };

	TRY(address_change_ask(r, &in->email, in->password, &out));
	return reply(r, &out);
}

struct me_email_cancel_in;
SCHEMA_NONE(me_email_cancel);

enum err me_email_cancel(struct req *r, const struct me_email_cancel_in *in)
{
	(void)in;
	TRY(address_change_cancel(r));
	return reply(r, NULL);
}
