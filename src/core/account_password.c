/* SPDX-License-Identifier: MIT */
/* A new password for somebody who knows the old one. */
#include "core/account.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/password_rule.h"
#include "core/proof.h"
#include "core/revoke.h"

static enum err change(struct req *r, const struct credential_row *user, struct secret password)
{
	struct user_change_password row = { .id = user->id,
					    .old = user->password,
					    .new = password };
	int64_t changed = 0;

	TRY(user_change_password(r->db, &row, &changed));
	/* Another request has changed the password meanwhile: the checked one is out of date. */
	return changed == 0 ? ERR_RETRY : OK;
}

enum err account_set_password(struct req *r, struct secret current, struct secret password,
			      bool end_other_sessions)
{
	struct user_credential key = { .id = r->who.user };
	struct credential_row me = { 0 };
	struct secret hash = { 0 };
	enum err e = user_credential(r->db, &key, &me);

	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	/* A token that was stolen must not be enough to guess the password behind it. */
	TRY(limit_password(r, me.email, current, me.password));
	TRY(password_new(r, "/password", password, me.email, me.name, &hash));

	struct audit_note note = { .action = AUDIT_PASSWORD_CHANGE,
				   .subject = me.id,
				   .session = r->who.session };
	struct mail mail = { .template = MAIL_KIND_PASSWORD_CHANGED,
			     .recipient = me.email,
			     .locale = me.locale,
			     .proved = me.verified,
			     .words.name = me.name };

	TRY(db_begin(r->db));
	TRY(change(r, &me, hash));
	/* Access tokens of before are refused, this one too; the sessions get new ones by a
	 * refresh. */
	TRY(revoke_tokens(r, me.id));
	TRY(fresh_proved(r, NULL));
	if (end_other_sessions)
		TRY(revoke_sessions(r, me.id, r->who.session, NULL));
	TRY(proof_void(r, me.id));
	TRY(audit_note(r, &note));
	return mail_notice(r, &mail);
}
