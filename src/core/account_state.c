/* SPDX-License-Identifier: MIT */
/* Decisions of admins about an account: its role, and whether it may be used. */
#include "core/account.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/outbox.h"
#include "core/revoke.h"

static bool administers(const struct locked_user_row *user)
{
	return user->role == USER_ROLE_ADMIN && !user->disabled;
}

static enum err note_role(struct req *r, const struct locked_user_row *was,
			  const struct locked_user_row *is)
{
	struct audit_note note = { .action = AUDIT_USER_ROLE,
				   .subject = is->id,
				   .detail = arena_printf(r->arena, "%s -> %s",
							  user_role_word(was->role).p,
							  user_role_word(is->role).p) };

	return audit_note(r, &note);
}

/* Ends the user's sessions, and tells the owner. */
static enum err disable(struct req *r, const struct locked_user_row *user)
{
	struct audit_note note = { .action = AUDIT_USER_DISABLE, .subject = user->id };
	struct mail mail = { .template = MAIL_KIND_ACCOUNT_DISABLED,
			     .recipient = user->email,
			     .locale = user->locale,
			     .proved = user->verified,
			     .words.name = user->name };

	TRY(revoke_sessions(r, user->id, (struct session_id){ 0 }, NULL));
	TRY(audit_note(r, &note));
	return mail_notice(r, &mail);
}

static enum err enable(struct req *r, const struct locked_user_row *user)
{
	struct audit_note note = { .action = AUDIT_USER_ENABLE, .subject = user->id };

	return audit_note(r, &note);
}

static enum err change(struct req *r, const struct locked_user_row *was,
		       const struct locked_user_row *is)
{
	struct user_set_state row = { .id = is->id, .role = is->role, .disabled = is->disabled };
	bool role = was->role != is->role;

	if (!role && was->disabled == is->disabled)
		return OK;
	if (administers(was) && !administers(is))
		TRY(admins_remain(r, is->id));
	TRY(user_set_state(r->db, &row, NULL));
	/* The old role stands in access tokens, and those of a disabled user must not last. */
	if (role || is->disabled)
		TRY(revoke_tokens(r, is->id));
	if (role)
		TRY(note_role(r, was, is));
	if (was->disabled == is->disabled)
		return OK;
	return is->disabled ? disable(r, is) : enable(r, is);
}

enum err account_set_state(struct req *r, const struct account_state *in,
			   struct locked_user_row *out)
{
	struct user_lock key = { .id = in->id };
	struct locked_user_row was = { 0 };

	TRY(db_begin(r->db));
	TRY(fresh_needed(r));

	enum err e = user_lock(r->db, &key, &was);

	if (e == ERR_NO_ROW)
		return account_unknown(r, in->id);
	TRY(e);

	struct locked_user_row is = was;

	if (in->role != USER_ROLE_NONE)
		is.role = in->role;
	if (in->disabled_given)
		is.disabled = in->disabled;
	TRY(change(r, &was, &is));
	*out = is;
	return OK;
}
