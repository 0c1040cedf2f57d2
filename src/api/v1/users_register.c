/* SPDX-License-Identifier: MIT */
/* POST /users: registering. */
#include "api/call.h"
#include "core/account.h"
#include "core/password_rule.h"
#include "core/registration.h"

/* clang-format off */
SCHEMA(new_user, registered,
	FIELD(registered, id),
	FIELD(registered, email, .format = FORMAT_EMAIL),
	FIELD(registered, name),
	FIELD(registered, created_at),
	FIELD(registered, verification_id,
	      .doc = "Goes together with the code of the mail, for auth/verify"));
/* clang-format on */

struct user_create_in {
	struct email email;
	struct str name;
	struct secret password;
};
/* clang-format off */
SCHEMA(user_create, user_create_in,
	FIELD(user_create_in, email, ACCOUNT_EMAIL),
	FIELD(user_create_in, password, ACCOUNT_PASSWORD,
	      .doc = "Any Unicode; compared in NFC, and with any space as U+0020"),
	FIELD(user_create_in, name, ACCOUNT_NAME));
/* clang-format on */

enum err user_create(struct req *r, const struct user_create_in *in)
{
	struct registration_new new = { .email = in->email,
					.name = in->name,
					.password = in->password };
	struct registered out = { 0 };
	char id[UUID_TEXT];

	TRY(registration_begin(r, &new, &out));
	reply_at(r, "/api/v1/users/%s", uuid_format(out.id.uuid, id).p);
	return reply(r, &out);
}
