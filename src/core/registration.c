/* SPDX-License-Identifier: MIT */
#include "core/registration.h"

#include "core/account.h"
#include "core/audit.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/password_rule.h"
#include "core/proof.h"
#include "gen/registrations.h"

enum { PENDING_MAX = 100 /* registrations of one address that wait to be proved */ };

/* The rest of a registration, once it is known whose the address is. */
struct registration {
	enum mail_kind template;
	enum audit_action action;
	struct proof_asked asked;
	struct user_id subject; /* of the note */
	struct str recipient, locale;
	bool proved; /* the address is its owner's, who was there before */
	bool nobody; /* there is nobody to be written to */
};

/* Whoever reads the mail of the address is asked to confirm it. */
static void greet(const struct user_insert *row, struct registration *out)
{
	out->template = MAIL_KIND_VERIFY;
	out->action = AUDIT_USER_REGISTER;
	out->asked.user = out->subject = row->id;
	out->recipient = row->email;
	out->locale = row->locale;
}

/*
 * The address has an account, and only its owner is to learn that. All else is done as for a new
 * address, with a proof that nobody can give; that counts by itself, or whoever registers an
 * address again could take away from its owner the proof that was mailed for the first time. Nobody
 * is written to where the address is only held for its owner.
 */
static void greet_again(const struct registration_owner_row *owner, struct proof_address again,
			struct registration *out)
{
	out->template = MAIL_KIND_REGISTERED_AGAIN;
	out->action = AUDIT_USER_REGISTER_AGAIN;
	out->asked.address = again;
	out->subject = owner->id;
	out->recipient = owner->email;
	out->locale = owner->locale;
	out->proved = owner->verified;
	out->nobody = uuid_none(owner->id.uuid);
}

/* The account is made at once, and its address not confirmed. */
static enum err open_account(struct req *r, const struct user_insert *row, struct registration *g,
			     struct asked_proof_row *proof)
{
	TRY(account_insert(r, row));
	greet(row, g);
	return proof_ask(r, &g->asked, proof);
}

/*
 * Nothing but its mail makes an account of a registration. The statements are the same whether the
 * address has an account or not. An account that was never confirmed is in nobody's way: it becomes
 * that of whoever proves the address.
 */
static enum err keep_registration(struct req *r, const struct user_insert *row,
				  struct registration *g, struct asked_proof_row *proof)
{
	struct registration_owner key = { .email_key = row->email_key };
	struct registration_owner_row owner = { 0 };
	struct proof_address again = { 0 };
	int64_t kept = 0;

	TRY(proof_address(r, STR("again"), row->email_key, &again));
	TRY(registration_owner(r->db, &key, &owner));
	if (owner.verified || (uuid_none(owner.id.uuid) && owner.taken))
		greet_again(&owner, again, g);
	else
		greet(row, g);
	TRY(proof_ask(r, &g->asked, proof));

	struct registration_insert kept_row = { .address = g->asked.address.asked,
						.id = row->id,
						.email = row->email,
						.email_key = row->email_key,
						.name = row->name,
						.password = row->password,
						.locale = row->locale,
						.life_us = g->asked.link_us,
						.mailed = proof->mailed,
						.most = PENDING_MAX };

	TRY(registration_insert(r->db, &kept_row, &kept));
	g->nobody = g->nobody || kept == 0;
	return OK;
}

/* The mail and the note, whoever they are for. */
static enum err welcome(struct req *r, const struct registration *g,
			const struct asked_proof_row *proof)
{
	struct audit_note note = { .action = g->action, .subject = g->subject };
	struct mail mail = { .template = g->template,
			     .recipient = g->recipient,
			     .locale = g->locale,
			     .proved = g->proved,
			     .nobody = g->nobody || !proof->mailed,
			     .life_us = g->asked.link_us };

	/* Of nobody's proof there is nothing to be mailed. */
	if (!uuid_none(g->asked.user.uuid))
		mail.proof = proof->id;
	TRY(audit_note(r, &note));
	return mail_queue(r, &mail);
}

enum err registration_begin(struct req *r, const struct registration_new *in,
			    struct registered *out)
{
	struct user_insert row = { .email = in->email.text,
				   .email_key = in->email.key,
				   .name = in->name,
				   .role = USER_ROLE_USER,
				   .locale = mail_locale(r) };
	/* Proofs are kept: of several registrations of one address each has a proof of its own. */
	struct registration g = { .asked = { .kind = PROOF_KIND_VERIFY,
					     .keep = true,
					     .link_us = r->app->conf->accounts_verify_ttl } };
	struct asked_proof_row proof = { 0 };

	TRY(limit_mail(r));
	TRY(password_new(r, "/password", in->password, row.email, in->name, &row.password));
	TRY(proof_address(r, proof_kind_word(PROOF_KIND_VERIFY), row.email_key, &g.asked.address));
	/* Lists go by id: the id is made when the user is, not when the wait for the hash began. */
	row.id = user_id_new();
	TRY(db_begin(r->db));
	if (r->app->conf->accounts_enumeration_safe)
		TRY(keep_registration(r, &row, &g, &proof));
	else
		TRY(open_account(r, &row, &g, &proof));
	TRY(welcome(r, &g, &proof));
	*out = (struct registered){ .id = row.id,
				    .email = row.email,
				    .name = row.name,
				    .created_at = proof.created_at,
				    .verification_id = proof.id };
	return OK;
}
