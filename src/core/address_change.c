/* SPDX-License-Identifier: MIT */
/* Asking for another address, and thinking better of it; an admin sets one without asking. */
#include "core/address_change.h"

#include "core/address_parts.h"
#include "core/audit.h"
#include "core/fresh.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/proof.h"
#include "core/revoke.h"
#include "gen/email_changes.h"

struct str address_change_detail(struct req *r, struct str from, struct str to)
{
	return arena_printf(r->arena, "%.*s -> %.*s", STR_ARG(from), STR_ARG(to));
}

/* The question that one of the two addresses is asked by mail. */
struct question {
	enum proof_kind kind;
	enum mail_kind template;
	struct str recipient;
	struct proof_address address;
	struct user_id user; /* none: the mail is not sent */
	bool proved;	     /* the address was proved before */
};

/* Earlier questions are void because their change is no more; the proofs of others who ask for the
 * same address stay as they are. */
static enum err put_question(struct req *r, const struct question *q,
			     const struct email_asker_row *asker,
			     const struct email_change_ask *change, struct proof_id *id)
{
	struct proof_asked asked = { .kind = q->kind,
				     .address = q->address,
				     .user = q->user,
				     .change = change->id,
				     .link_us = change->life_us,
				     .keep = true };
	struct asked_proof_row proof = { 0 };

	TRY(proof_ask(r, &asked, &proof));
	*id = proof.id;

	struct mail mail = { .template = q->template,
			     .recipient = q->recipient,
			     .locale = asker->locale,
			     .proof = proof.id,
			     .proved = q->proved,
			     .nobody = uuid_none(q->user.uuid) || !proof.mailed,
			     .life_us = change->life_us,
			     .words = { .name = asker->name, .new_email = change->new_email } };

	return mail_queue(r, &mail);
}

static enum err ask(struct req *r, const struct email_asker_row *asker,
		    const struct email_change_ask *row, struct address_asked *out)
{
	/* An address that is somebody else's gets no mail, so it cannot confirm; whoever asks is
	 * told nothing of that, or the answer would tell who has an account here. */
	struct question old = { .kind = PROOF_KIND_EMAIL_OLD,
				.template = MAIL_KIND_EMAIL_OLD,
				.recipient = asker->email,
				.user = asker->id,
				.proved = asker->verified };
	struct question new = { .kind = PROOF_KIND_EMAIL_NEW,
				.template = MAIL_KIND_EMAIL_NEW,
				.recipient = row->new_email };
	struct audit_note note = { .action = AUDIT_EMAIL_CHANGE_ASK,
				   .subject = asker->id,
				   .detail = address_change_detail(r, asker->email,
								   row->new_email) };
	struct asked_change_row change = { 0 };

	if (!asker->taken)
		new.user = asker->id;
	TRY(proof_address(r, proof_kind_word(old.kind), asker->email_key, &old.address));
	TRY(proof_address(r, proof_kind_word(new.kind), row->new_email_key, &new.address));
	TRY(db_begin(r->db));

	enum err e = email_change_ask(r->db, row, &change);

	/* The address has changed since the password was looked at. */
	if (e == ERR_NO_ROW)
		return ERR_RETRY;
	TRY(e);
	TRY(proof_order(r, &old.address, &new.address));
	TRY(put_question(r, &old, asker, row, &out->old_id));
	TRY(put_question(r, &new, asker, row, &out->new_id));
	out->expires_at = change.expires_at;
	TRY(fresh_proved(r, NULL));
	return audit_note(r, &note);
}

enum err address_change_ask(struct req *r, const struct email *email, struct secret password,
			    struct address_asked *out)
{
	struct email_change_asker key = { .id = r->who.user, .new_email_key = email->key };
	struct email_asker_row asker = { 0 };
	enum err e = email_change_asker(r->db, &key, &asker);

	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	if (str_eq(email->key, asker.email_key))
		return fault(r, "/email", "email is the address already");
	TRY(limit_password(r, asker.email, password, asker.password));
	TRY(limit_mail_own(r, asker.id));

	struct email_change_ask row = { .id = email_change_id_new(),
					.user_id = asker.id,
					.old_email_key = asker.email_key,
					.new_email = email->text,
					.new_email_key = email->key,
					.life_us = r->app->conf->accounts_verify_ttl };

	return ask(r, &asker, &row, out);
}

enum err address_change_cancel(struct req *r)
{
	struct email_change_cancel key = { .user_id = r->who.user };
	struct cancelled_change_row change = { 0 };

	TRY(db_begin(r->db));

	enum err e = email_change_cancel(r->db, &key, &change);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);

	struct audit_note note = { .action = AUDIT_EMAIL_CHANGE_CANCEL,
				   .subject = r->who.user,
				   .detail = change.new_email };

	return audit_note(r, &note);
}

enum err address_change_forced(struct req *r, const struct user_before_row *before,
			       struct str new_email)
{
	struct email_change_forget key = { .user_id = before->id };
	struct mail mail = { .template = MAIL_KIND_EMAIL_CHANGED,
			     .recipient = before->email,
			     .locale = before->locale,
			     .proved = before->verified,
			     .words = { .name = before->name, .new_email = new_email } };
	struct audit_note note = { .action = AUDIT_USER_EMAIL,
				   .subject = before->id,
				   .detail = address_change_detail(r, before->email, new_email) };

	TRY(email_change_forget(r->db, &key, NULL));
	TRY(proof_void(r, before->id));
	TRY(revoke_tokens(r, before->id));
	TRY(audit_note(r, &note));
	return mail_notice(r, &mail);
}
