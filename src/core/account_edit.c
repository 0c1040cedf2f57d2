/* SPDX-License-Identifier: MIT */
/* Changes of accounts that are there: another name or address, and their end. */
#include "core/account.h"
#include "core/address_change.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/revoke.h"

/* Notes a new name or spelling of the address; another address has a note of its own. */
static enum err note_update(struct req *r, const struct user_before_row *before,
			    const struct account_change *in, bool moved)
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
		return problem(r, ERR_PROOF_NEEDED, "both addresses have to confirm");
	TRY(fresh_needed(r));
	return before->taken ? ERR_EMAIL_TAKEN : OK;
}

/* Changes an account in several steps: for another address, or when another request holds it. */
static enum err replace(struct req *r, const struct account_change *in, struct user_row *user)
{
	struct user_update row = {
		.id = in->id, .email = in->email.text, .email_key = in->email.key, .name = in->name
	};
	struct user_before key = { .id = in->id, .new_email_key = in->email.key };
	struct user_before_row before = { 0 };

	TRY(db_begin(r->db));

	enum err e = user_before(r->db, &key, &before);

	if (e == ERR_NO_ROW)
		return account_unknown(r, in->id);
	TRY(e);

	bool moved = !str_eq(row.email_key, before.email_key);

	if (moved)
		TRY(check_move(r, &before));
	/* Nobody has confirmed the new address, so its user may not sign in. */
	if (moved && r->app->conf->accounts_require_verified)
		TRY(admins_remain(r, in->id));
	TRY(user_update(r->db, &row, user));
	if (moved)
		TRY(address_change_forced(r, &before, in->email.text));
	return note_update(r, &before, in, moved);
}

enum err account_change(struct req *r, const struct account_change *in, struct user_row *out)
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
	*out = user;
	return OK;
}

/* nginx repeats a DELETE whose worker died; by then the account may be gone. */
static enum err removed_before(struct req *r, struct user_id user, enum err refusal)
{
	struct user_deleted_by key = { .id = user, .request_id = r->from.request_id };
	struct deleted_user_row row = { 0 };
	enum err e = user_deleted_by(r->db, &key, &row);

	if (e == ERR_NO_ROW)
		return refusal == ERR_NO_ROW ? account_unknown(r, user) : refusal;
	return e;
}

enum err account_remove(struct req *r, struct user_id id)
{
	struct user_delete key = { .id = id, .request_id = r->from.request_id };
	struct audit_note note = { .action = AUDIT_USER_DELETE, .subject = id };
	int64_t deleted = 0;

	TRY(db_begin(r->db));

	enum err e = fresh_needed(r);

	/* The session of a user who has deleted their own account is gone, too. */
	if (e == ERR_TOKEN_REVOKED)
		return removed_before(r, id, e);
	TRY(e);
	TRY(admins_remain(r, id));
	TRY(user_delete(r->db, &key, &deleted));
	if (deleted == 0)
		return removed_before(r, id, ERR_NO_ROW);
	revoke_user(r, id);
	return audit_note(r, &note);
}
