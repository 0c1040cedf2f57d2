/* SPDX-License-Identifier: MIT */
#include "core/recovery.h"

#include "core/audit.h"
#include "core/device.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/password_rule.h"
#include "core/revoke.h"
#include "gen/users.h"
#include "text/email.h"

/*
 * Others of the network have asked for too many mails: a browser that has signed in to that very
 * account has a count of its own. Without a token of ours nothing is looked up, so nobody is told
 * which addresses are known.
 */
static enum err limit_mail_device(struct req *r, struct str key, struct str tokens)
{
	struct user_mailbox_by_key in = { .email_key = key };
	struct mailbox_row owner = { 0 };
	struct devices devices = { 0 };
	enum err e = limit_mail(r);

	if (e != ERR_TOO_MANY)
		return e;
	TRY(device_read(r, tokens, &devices));
	if (devices.n == 0)
		return ERR_TOO_MANY;

	enum err found = user_mailbox_by_key(r->db, &in, &owner);

	if (found != OK && found != ERR_NO_ROW)
		return found;
	for (size_t i = 0; found == OK && i < devices.n; i++)
		if (uuid_eq(devices.v[i].user.uuid, owner.id.uuid))
			return limit_mail_apart(r, "mail-device", devices.v[i].id);
	return ERR_TOO_MANY;
}

enum err recovery_ask(struct req *r, enum recovery what, const struct email *email,
		      struct str devices, struct proof_id *out)
{
	enum proof_kind kind = what == RECOVERY_RESET ? PROOF_KIND_RESET : PROOF_KIND_UNLOCK;
	int64_t life = r->app->conf->accounts_reset_ttl;
	struct proof_asked asked = { .kind = kind, .link_us = life };
	struct mailbox_row owner = { .email = STR(""), .name = STR(""), .locale = mail_locale(r) };
	struct user_mailbox_by_key key = { .email_key = email->key };
	struct asked_proof_row proof = { 0 };

	TRY(limit_mail_device(r, email->key, devices));
	TRY(proof_address(r, proof_kind_word(kind), email->key, &asked.address));

	enum err e = user_mailbox_by_key(r->db, &key, &owner);

	if (e != OK && e != ERR_NO_ROW)
		return e;
	asked.user = owner.id;
	TRY(db_begin(r->db));
	TRY(proof_ask(r, &asked, &proof));

	struct mail mail = { .template = what == RECOVERY_RESET ? MAIL_KIND_RESET
								: MAIL_KIND_UNLOCK,
			     .recipient = owner.email,
			     .locale = owner.locale,
			     .proof = proof.id,
			     .proved = owner.verified,
			     .nobody = e == ERR_NO_ROW || !proof.mailed,
			     .life_us = life,
			     .words.name = owner.name };

	TRY(mail_queue(r, &mail));
	*out = proof.id;
	return OK;
}

/* The code was right and the password is not good enough: that costs no try. */
static enum err refuse_password(struct req *r, const struct recovery_reset *in, struct proof_id id,
				enum err e)
{
	if (e != ERR_INVALID || in->given.token.p != NULL)
		return e;
	TRY(db_begin(r->db));
	TRY(proof_spare(r, id));
	r->commit = true;
	return e;
}

/* The name of the account afterwards. */
static struct str name_then(struct req *r, const struct recovery_reset *in,
			    const struct mailbox_row *owner)
{
	if (in->name.p != NULL)
		return in->name;
	return owner->verified ? owner->name : email_local(owner->email_key, r->arena);
}

static enum err reset(struct req *r, const struct mailbox_row *owner, struct secret password,
		      struct str name)
{
	struct user_reset_password row = { .id = owner->id,
					   .password = password,
					   .name = name.p == NULL ? STR("") : name,
					   .unproved_name = email_local(owner->email_key, r->arena),
					   .locale = mail_locale(r) };
	struct audit_note note = { .action = AUDIT_PASSWORD_RESET,
				   .actor = owner->id,
				   .subject = owner->id };
	struct mail mail = { .template = MAIL_KIND_PASSWORD_CHANGED,
			     .recipient = owner->email,
			     /* Else name and language are those of whoever has registered it. */
			     .locale = owner->verified ? owner->locale : row.locale,
			     .proved = owner->verified,
			     .words.name = owner->name };
	int64_t changed = 0;

	TRY(user_reset_password(r->db, &row, &changed));
	if (changed == 0)
		return ERR_PROOF_GONE;
	/* Access tokens of sessions that are not known any more are revoked, too. */
	TRY(revoke_tokens(r, owner->id));
	TRY(revoke_sessions(r, owner->id, (struct session_id){ 0 }, NULL));
	TRY(proof_void(r, owner->id));
	TRY(limit_clear(r, owner->email));
	TRY(audit_note(r, &note));
	return mail_notice(r, &mail);
}

enum err recovery_reset(struct req *r, const struct recovery_reset *in)
{
	struct proof_row proof = { 0 };
	struct mailbox_row owner = { 0 };
	struct secret password = { 0 };

	TRY(proof_check(r, PROOF_KIND_RESET, &in->given, &proof));

	struct user_mailbox key = { .id = proof.user_id };
	enum err e = user_mailbox(r->db, &key, &owner);

	/* The user was deleted since. */
	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);

	e = password_new(r, "/password", in->password, owner.email, name_then(r, in, &owner),
			 &password);
	if (e != OK)
		return refuse_password(r, in, proof.id, e);
	TRY(db_begin(r->db));
	TRY(proof_use(r, proof.id));
	return reset(r, &owner, password, in->name);
}
