/* SPDX-License-Identifier: MIT */
#include "core/account.h"

#include "core/audit.h"

enum err admins_remain(struct req *r, struct user_id without)
{
	struct user_lock lock = { .id = without };
	struct user_other_admin key = { .id = without,
					.confirmed = r->app->conf->accounts_require_verified };
	struct locked_user_row user = { 0 };
	struct admins_lock_row held = { 0 };
	struct other_admin_row other = { 0 };
	enum err e = user_lock(r->db, &lock, &user);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);
	if (user.role != USER_ROLE_ADMIN || user.disabled)
		return OK;
	/* The user's row is always locked first, this second: else two could deadlock. */
	TRY(user_admins_lock(r->db, &held));
	e = user_other_admin(r->db, &key, &other);
	return e == ERR_NO_ROW ? ERR_LAST_ADMIN : e;
}

enum err account_insert(struct req *r, const struct user_insert *row)
{
	struct user_row made = { 0 };
	enum err e = user_insert(r->db, row, &made);

	return e == ERR_NO_ROW ? ERR_EMAIL_TAKEN : e;
}

enum err account_create(struct req *r, const struct account_new *account, struct user_id *out)
{
	struct user_insert row = { .id = user_id_new(),
				   .email = account->email.text,
				   .email_key = account->email.key,
				   .name = account->name,
				   .password = account->password,
				   .locale = STR("en"),
				   .verified = true,
				   .role = account->role };
	struct audit_note note = { .action = AUDIT_USER_CREATE,
				   .subject = row.id,
				   .detail = user_role_word(row.role) };

	TRY(account_insert(r, &row));
	*out = row.id;
	return audit_note(r, &note);
}

enum err account_unknown(struct req *r, struct user_id id)
{
	char text[UUID_TEXT];

	return problem(r, ERR_USER_NOT_FOUND, "user %s not found", uuid_format(id.uuid, text).p);
}

enum err account_known(struct req *r, struct user_id id)
{
	struct user_by_id key = { .id = id };
	struct user_row row = { 0 };
	enum err e = user_by_id(r->db, &key, &row);

	return e == ERR_NO_ROW ? account_unknown(r, id) : e;
}
