/* SPDX-License-Identifier: MIT */
/* That the address of an account is its owner's: asking for the mail again, and what it says. */
#include "api/audit.h"
#include "api/limit.h"
#include "api/mail.h"
#include "api/proof.h"
#include "gen/users.h"

struct verification_out {
	struct proof_id id;
	bool verified;
};
/* clang-format off */
SCHEMA(asked, verification_out,
	FIELD(verification_out, id, .optional = true,
	      .doc = "Goes together with the code of the mail; none is sent when it is verified"),
	FIELD(verification_out, verified, .doc = "Already"));
/* clang-format on */

struct me_verification_in;
SCHEMA_NONE(me_verification);

enum err me_verification(struct req *r, const struct me_verification_in *in)
{
	int64_t life = r->app->conf->accounts_verify_ttl;
	struct proof_asked asked = { .kind = "verify", .user = r->who.user, .link_us = life };
	struct user_mailbox key = { .id = r->who.user };
	struct mailbox_row me = { 0 };
	struct asked_proof_row proof = { 0 };
	struct verification_out out = { 0 };
	enum err e = user_mailbox(r->db, &key, &me);

	(void)in;
	/* The token has outlived its user. */
	if (e == ERR_NO_ROW)
		return ERR_TOKEN_INVALID;
	TRY(e);
	out.verified = me.verified;
	if (me.verified)
		return reply(r, &out);
	TRY(limit_mail(r));
	TRY(proof_address(r, "verify", me.email_key, &asked.address));
	TRY(db_begin(r->db));
	TRY(proof_ask(r, &asked, &proof));

	struct mail mail = { .template = "verify",
			     .recipient = me.email,
			     .locale = me.locale,
			     .proof = proof.id,
			     .nobody = !proof.mailed,
			     .life_us = life,
			     .words.name = me.name };

	out.id = proof.id;
	TRY(mail_queue(r, &mail));
	return reply(r, &out);
}

struct auth_verify_in {
	struct proof_given given;
};
SCHEMA(auth_verify, auth_verify_in, PROOF_GIVEN(auth_verify_in));

enum err auth_verify(struct req *r, const struct auth_verify_in *in)
{
	struct proof_row proof = { 0 };
	int64_t verified = 0;

	TRY(proof_check(r, "verify", &in->given, &proof));

	struct user_verify key = { .id = proof.user_id };
	struct audit_note note = { .action = "user.verify",
				   .actor = proof.user_id,
				   .subject = proof.user_id };

	TRY(db_begin(r->db));
	TRY(proof_use(r, proof.id));
	TRY(user_verify(r->db, &key, &verified));
	/* Deleted since. */
	if (verified == 0)
		return ERR_PROOF_GONE;
	TRY(audit_note(r, &note));
	return reply(r, NULL);
}
