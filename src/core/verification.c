/* SPDX-License-Identifier: MIT */
#include "core/verification.h"

#include "core/audit.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/password_rule.h"
#include "core/revoke.h"
#include "gen/registrations.h"
#include "gen/users.h"
#include "text/email.h"

enum err verification_ask(struct req *r, struct verification_asked *out)
{
	int64_t life = r->app->conf->accounts_verify_ttl;
	struct proof_asked asked = { .kind = PROOF_KIND_VERIFY,
				     .user = r->who.user,
				     .link_us = life };
	struct user_mailbox key = { .id = r->who.user };
	struct mailbox_row me = { 0 };
	struct asked_proof_row proof = { 0 };
	enum err e = user_mailbox(r->db, &key, &me);

	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	if (me.verified) {
		*out = (struct verification_asked){ .verified = true };
		return OK;
	}
	TRY(limit_mail_own(r, me.id));
	TRY(proof_address(r, proof_kind_word(PROOF_KIND_VERIFY), me.email_key, &asked.address));
	TRY(db_begin(r->db));
	TRY(proof_ask(r, &asked, &proof));

	struct mail mail = { .template = MAIL_KIND_VERIFY,
			     .recipient = me.email,
			     .locale = me.locale,
			     .proof = proof.id,
			     .nobody = !proof.mailed,
			     .life_us = life };

	TRY(mail_queue(r, &mail));
	*out = (struct verification_asked){ .id = proof.id };
	return OK;
}

/* The applicant to be confirmed: an account, or a registration that is to become one. */
struct applicant {
	struct user_id id;
	struct str email, email_key, name, locale;
	struct secret password;
	bool pending;
};

static enum err find_applicant(struct req *r, const struct proof_row *proof, struct applicant *out)
{
	struct registration_of_proof key = { .address = proof->address, .id = proof->user_id };
	struct user_credential account = { .id = proof->user_id };
	struct registration_row kept = { 0 };
	struct credential_row user = { 0 };
	enum err e = registration_of_proof(r->db, &key, &kept);

	if (e == OK) {
		*out = (struct applicant){ .id = kept.id,
					   .email = kept.email,
					   .email_key = kept.email_key,
					   .name = kept.name,
					   .password = kept.password,
					   .locale = kept.locale,
					   .pending = true };
		return OK;
	}
	if (e != ERR_NO_ROW)
		return e;
	e = user_credential(r->db, &account, &user);
	/* The user was deleted since, or another registration of the address was proved. */
	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	*out = (struct applicant){ .id = user.id,
				   .email = user.email,
				   .name = user.name,
				   .locale = user.locale,
				   .password = user.password };
	email_key(user.email, r->arena, &out->email_key);
	return OK;
}

/* Whoever does not know the password has not registered, so name and language are a stranger's. */
static void disown(struct req *r, const struct verification *in, struct applicant *who)
{
	who->name = in->name.p != NULL ? in->name : email_local(who->email_key, r->arena);
	who->locale = mail_locale(r);
}

/* Finds a mistake in the members that are brought. */
static enum err check_members(struct req *r, const struct verification *in)
{
	if (in->password.p != NULL && in->new_password.p != NULL)
		return fault(r, "/new_password", "give either password or new_password");
	if (in->name.p != NULL && in->new_password.p == NULL)
		return fault(r, "/name", "name goes together with new_password");
	return OK;
}

/* Guesses are not counted: who proves the address may replace the password as well. */
static enum err check_password(struct req *r, const struct verification *in,
			       const struct applicant *who, struct secret *hash)
{
	if (in->new_password.p != NULL)
		return password_new(r, "/new_password", in->new_password, who->email, who->name,
				    hash);
	return proof_password(r, &in->given, who->id, in->password, who->password);
}

/*
 * The code was right, and nothing is confirmed for another reason: that costs no try. Whoever
 * confirmed a moment ago has used the link up, and ended the access token that came with it.
 */
static enum err refuse_applicant(struct req *r, const struct verification *in, struct proof_id id,
				 enum err e)
{
	struct proof_row again = { 0 };

	if (e == ERR_PASSWORD_NEEDED)
		TRY(proof_check(r, PROOF_KIND_VERIFY, &in->given, &again));
	if ((e != ERR_INVALID && e != ERR_PASSWORD_WRONG) || in->given.token.p != NULL)
		return e;
	TRY(db_begin(r->db));
	TRY(proof_spare(r, id));
	r->commit = true;
	return e;
}

/* The password of an account that was there, and its sessions, are no more. */
static enum err claim(struct req *r, const struct applicant *who, struct secret hash,
		      struct user_id *user)
{
	struct user_claim row = { .email_key = who->email_key,
				  .password = hash,
				  .name = who->name,
				  .locale = who->locale };
	struct claimed_user_row claimed = { 0 };
	enum err e = user_claim(r->db, &row, &claimed);

	/* Somebody else has proved the address. */
	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	*user = claimed.id;
	TRY(revoke_sessions(r, claimed.id, (struct session_id){ 0 }, NULL));
	TRY(revoke_tokens(r, claimed.id));
	TRY(proof_void(r, claimed.id));
	return limit_clear(r, claimed.email);
}

/* A registration becomes the account of its address, and the others are forgotten. */
static enum err activate(struct req *r, const struct applicant *who, const struct proof_row *proof,
			 struct secret hash, struct user_id *user)
{
	struct registration_clear others = { .address = proof->address };
	struct user_insert row = { .id = who->id,
				   .email = who->email,
				   .email_key = who->email_key,
				   .name = who->name,
				   .role = USER_ROLE_USER,
				   .password = hash,
				   .locale = who->locale,
				   .verified = true };
	struct user_row made = { 0 };
	enum err e = user_insert(r->db, &row, &made);

	*user = who->id;
	if (e == ERR_NO_ROW)
		e = claim(r, who, hash, user);
	TRY(e);
	return registration_clear(r->db, &others, NULL);
}

/* The account was there; whoever says its password, or was told the proof's id, has made it. */
static enum err confirm(struct req *r, const struct applicant *who)
{
	struct user_verify key = { .id = who->id, .password = who->password };
	int64_t verified = 0;

	TRY(user_verify(r->db, &key, &verified));
	if (verified == 0)
		return ERR_PROOF_GONE;
	/* Access tokens tell of an address that is not confirmed. */
	return revoke_tokens(r, who->id);
}

enum err verification_confirm(struct req *r, const struct verification *in)
{
	struct registration_lock lock = { 0 };
	struct locked_registration_rows locked = { 0 };
	struct proof_row proof = { 0 };
	struct applicant who = { 0 };
	struct secret hash = { 0 };

	TRY(check_members(r, in));
	TRY(proof_check(r, PROOF_KIND_VERIFY, &in->given, &proof));
	TRY(find_applicant(r, &proof, &who));
	if (in->new_password.p != NULL)
		disown(r, in, &who);

	enum err e = check_password(r, in, &who, &hash);

	if (e != OK)
		return refuse_applicant(r, in, proof.id, e);

	struct audit_note note = { .action = AUDIT_USER_VERIFY,
				   .actor = who.id,
				   .subject = who.id };

	lock.address = proof.address;
	TRY(db_begin(r->db));
	TRY(registration_lock(r->db, &lock, &locked));
	TRY(proof_use(r, proof.id));
	if (who.pending)
		TRY(activate(r, &who, &proof, hash.p != NULL ? hash : who.password, &note.subject));
	else if (hash.p != NULL)
		TRY(claim(r, &who, hash, &note.subject));
	else
		TRY(confirm(r, &who));
	note.actor = note.subject;
	return audit_note(r, &note);
}
