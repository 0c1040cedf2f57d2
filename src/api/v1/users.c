/* SPDX-License-Identifier: MIT */
/* Accounts: list, read, change, delete. How they begin: registration.c. */
#include "gen/users.h"
#include "api/call.h"
#include "core/account.h"
#include "core/address_change.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/revoke.h"
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

static enum err unknown_user(struct req *r)
{
	struct str id = route_param(&call_of(r)->match, "id");

	return problem(r, ERR_USER_NOT_FOUND, "user %s not found", id.p);
}

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

/* By the key that is unique: a page of nobody, or of one. */
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
		return unknown_user(r);
	TRY(e);
	return reply(r, &user);
}

struct user_put_in {
	struct user_id id;
	struct email email;
	struct str name;
};
/* clang-format off */
SCHEMA(user_put, user_put_in,
	FIELD(user_put_in, id),
	FIELD(user_put_in, email, .min = 1, .max_bytes = EMAIL_MAX),
	FIELD(user_put_in, name, .min = 1, .max = USER_NAME_MAX, .format = FORMAT_TEXT));
/* clang-format on */

/* Of the address only another spelling; what else becomes of it has a note of its own. */
static enum err note_update(struct req *r, const struct user_before_row *before,
			    const struct user_put_in *in, bool moved)
{
	bool email = !moved && !str_eq(before->email, in->email.text);
	bool name = !str_eq(before->name, in->name);
	struct audit_note note = { .action = AUDIT_USER_UPDATE,
				   .subject = before->id,
				   .detail = email && name ? STR("name, spelling of email")
					     : email	   ? STR("spelling of email")
							   : STR("name") };

	return email || name ? audit_note(r, &note) : OK;
}

/* Whether the address may become another one here. */
static enum err check_move(struct req *r, const struct user_before_row *before)
{
	if (r->who.role != USER_ROLE_ADMIN)
		return problem(r, ERR_PROOF_NEEDED,
			       "both addresses have to confirm: POST /api/v1/me/email");
	TRY(fresh_needed(r));
	return before->taken ? ERR_EMAIL_TAKEN : OK;
}

/* In several steps: for another address, and for who was in somebody's way. */
static enum err replace(struct req *r, const struct user_put_in *in, struct user_row *user)
{
	struct user_update row = {
		.id = in->id, .email = in->email.text, .email_key = in->email.key, .name = in->name
	};
	struct user_before key = { .id = in->id, .new_email_key = in->email.key };
	struct user_before_row before = { 0 };

	TRY(db_begin(r->db));

	enum err e = user_before(r->db, &key, &before);

	if (e == ERR_NO_ROW)
		return unknown_user(r);
	TRY(e);

	bool moved = !str_eq(row.email_key, before.email_key);

	if (moved)
		TRY(check_move(r, &before));
	/* Nobody has confirmed the new address, so it may not sign in. */
	if (moved && r->app->conf->accounts_require_verified)
		TRY(admins_remain(r, in->id));
	TRY(user_update(r->db, &row, user));
	if (moved)
		TRY(address_change_forced(r, &before, in->email.text));
	return note_update(r, &before, in, moved);
}

enum err user_put(struct req *r, const struct user_put_in *in)
{
	struct user_edit row = { .id = in->id,
				 .email_key = in->email.key,
				 .email = in->email.text,
				 .name = in->name,
				 .audit_id = audit_id_new(),
				 .action = audit_action_word(AUDIT_USER_UPDATE),
				 .actor = r->who.user,
				 .address = r->from.address,
				 .request_id = r->from.request_id };
	struct user_row user = { 0 };
	enum err e = user_edit(r->db, &row, &user);

	if (e == ERR_NO_ROW)
		e = replace(r, in, &user);
	TRY(e);
	return reply(r, &user);
}

struct user_remove_in {
	struct user_id id;
};
SCHEMA(user_remove, user_remove_in, FIELD(user_remove_in, id));

/* nginx repeats a DELETE whose worker died; by then it may have been done. */
static enum err removed_before(struct req *r, struct user_id user, enum err refusal)
{
	struct user_deleted_by key = { .id = user, .request_id = r->from.request_id };
	struct deleted_user_row row = { 0 };
	enum err e = user_deleted_by(r->db, &key, &row);

	if (e == ERR_NO_ROW)
		return refusal == ERR_NO_ROW ? unknown_user(r) : refusal;
	TRY(e);
	return reply(r, NULL);
}

enum err user_remove(struct req *r, const struct user_remove_in *in)
{
	struct user_delete key = { .id = in->id, .request_id = r->from.request_id };
	struct audit_note note = { .action = AUDIT_USER_DELETE, .subject = in->id };
	int64_t deleted = 0;

	TRY(db_begin(r->db));

	enum err e = fresh_needed(r);

	/* With who has deleted themselves the session is gone, too. */
	if (e == ERR_TOKEN_REVOKED)
		return removed_before(r, in->id, e);
	TRY(e);
	TRY(admins_remain(r, in->id));
	TRY(user_delete(r->db, &key, &deleted));
	if (deleted == 0)
		return removed_before(r, in->id, ERR_NO_ROW);
	TRY(revoke_user(r, in->id));
	TRY(audit_note(r, &note));
	return reply(r, NULL);
}
