/* SPDX-License-Identifier: MIT */
/* Accounts: list, read, change, delete. Their beginning: users_register.c. */
#include "gen/users.h"
#include "api/call.h"
#include "core/account.h"
#include "text/email.h"

/* clang-format off */
SCHEMA(user, user_row,
	FIELD(user_row, id),
	FIELD(user_row, email, .format = FORMAT_EMAIL),
	FIELD(user_row, name),
	FIELD(user_row, role),
	FIELD(user_row, disabled),
	FIELD(user_row, verified, .doc = "Whether the address was confirmed"),
	FIELD(user_row, created_at));
/* clang-format on */

struct user_list_in {
	struct email email;
	int32_t limit, offset;
	struct user_id after;
};
/* clang-format off */
SCHEMA(user_list, user_list_in,
	FIELD(user_list_in, email, .optional = true, .max_bytes = EMAIL_MAX,
	      .doc = "Only who has this address, however it is spelt"),
	FIELD(user_list_in, limit, .optional = true, .preset = 20, .min = 1, .max = 100),
	FIELD(user_list_in, offset, .optional = true, .max = INT32_MAX,
	      .doc = "Skips that many; slow when large, follow Link rel=next instead"),
	FIELD(user_list_in, after, .optional = true,
	      .doc = "Continues behind this user, as Link rel=next does"));
/* clang-format on */

/* Lists users by address, which is unique: a page of nobody, or of one. */
static enum err list_by_address(struct req *r, const struct user_list_in *in)
{
	struct user_by_address key = { .email_key = in->email.key };
	struct user_rows users = { 0 };

	if (in->offset > 0 || !uuid_none(in->after.uuid))
		return fault(r, in->offset > 0 ? "/offset" : "/after",
			     "%s cannot be used together with email",
			     in->offset > 0 ? "offset" : "after");
	TRY(user_by_address(r->db, &key, &users));
	return reply_list(r, users.v, users.n);
}

enum err user_list(struct req *r, const struct user_list_in *in)
{
	struct user_page page = { .limit = in->limit, .offset = in->offset };
	struct user_page_after after = { .limit = in->limit, .after = in->after };
	struct user_rows users = { 0 };

	if (in->email.text.p != NULL)
		return list_by_address(r, in);
	if (uuid_none(in->after.uuid))
		TRY(user_page(r->db, &page, &users));
	else if (in->offset > 0)
		return fault(r, "/offset", "offset cannot be used together with after");
	else
		TRY(user_page_after(r->db, &after, &users));
	return reply_page(r, users.v, users.n, in->limit, STR(""));
}

struct user_get_in {
	struct user_id id;
};
SCHEMA(user_get, user_get_in, FIELD(user_get_in, id));

enum err user_get(struct req *r, const struct user_get_in *in)
{
	struct user_by_id key = { .id = in->id };
	struct user_row user = { 0 };
	enum err e = user_by_id(r->db, &key, &user);

	if (e == ERR_NO_ROW)
		return account_unknown(r, in->id);
	TRY(e);
	return reply(r, &user);
}

struct user_put_in {
	struct account_change what;
};
/* clang-format off */
SCHEMA(user_put, user_put_in,
	FIELD_AS("id", user_put_in, what.id),
	FIELD_AS("email", user_put_in, what.email, ACCOUNT_EMAIL),
	FIELD_AS("name", user_put_in, what.name, ACCOUNT_NAME));
/* clang-format on */

enum err user_put(struct req *r, const struct user_put_in *in)
{
	struct user_row user = { 0 };

	TRY(account_change(r, &in->what, &user));
	return reply(r, &user);
}

struct user_remove_in {
	struct user_id id;
};
SCHEMA(user_remove, user_remove_in, FIELD(user_remove_in, id));

enum err user_remove(struct req *r, const struct user_remove_in *in)
{
	TRY(account_remove(r, in->id));
	return reply(r, NULL);
}
