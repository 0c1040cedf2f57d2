/* SPDX-License-Identifier: MIT */
/* The two addresses of a change confirm it, and the old one may undo it. */
#include "core/address_change.h"
#include "core/address_parts.h"
#include "core/audit.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/revoke.h"
#include "cred/opaque.h"
#include "gen/email_changes.h"

/* --- confirming --- */

/* The proof itself says by its kind which of the two addresses confirms: the request does not. */
static enum err check(struct req *r, const struct proof_given *g, struct proof_row *out)
{
	struct opaque o = { .id = g->id.uuid };
	struct proof_row known = { 0 };
	struct str mac = { 0 };

	if (g->token.p != NULL)
		(void)opaque_read(g->token, r->arena, &o, &mac);

	struct proof_by_id key = { .id = { o.id } };
	enum err e = proof_by_id(r->db, &key, &known);

	if (e != OK && e != ERR_NO_ROW)
		return e;
	return proof_check(
		r, known.kind == PROOF_KIND_EMAIL_OLD ? known.kind : PROOF_KIND_EMAIL_NEW, g, out);
}

/*
 * The reader of the new address's mail has to be the one who asked for it: else a stranger whose
 * account was to have somebody's address would have it as soon as its owner follows the link.
 */
static enum err check_asker(struct req *r, const struct proof_given *given, struct secret password,
			    const struct proof_row *proof)
{
	struct user_credential key = { .id = proof->user_id };
	struct credential_row user = { 0 };

	/* A proof without a user is of an address that is somebody else's; nobody was sent it. */
	if (uuid_none(proof->user_id.uuid))
		return ERR_PROOF_WRONG;
	if (proof->kind == PROOF_KIND_EMAIL_OLD || given->token.p == NULL)
		return OK;

	enum err e = user_credential(r->db, &key, &user);

	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	/* The guess is counted: whoever reads the mail of a new address may be somebody else. */
	if (password.p != NULL)
		return limit_password_of(r, user.id, user.email, password, user.password);
	e = proof_password(r, given, user.id, password, user.password);
	/* A change that was made a moment ago has ended this access token, and used the link up. */
	if (e == ERR_PASSWORD_NEEDED) {
		struct proof_row again = { 0 };

		TRY(check(r, given, &again));
	}
	return e;
}

/* Refuses an address that somebody else was faster to take. */
static enum err refuse_taken(struct req *r, const struct email_change_row *change)
{
	struct email_change_cancel key = { .user_id = change->user_id };
	struct audit_note note = { .action = AUDIT_EMAIL_CHANGE_REFUSE,
				   .actor = change->user_id,
				   .subject = change->user_id,
				   .detail = change->new_email };
	struct cancelled_change_row cancelled = { 0 };

	TRY(email_change_cancel(r->db, &key, &cancelled));
	TRY(audit_note(r, &note));
	r->commit = true;
	return ERR_EMAIL_TAKEN;
}

/* The old address gets the way back, the new one is told that it is the address now. */
static enum err tell_done(struct req *r, const struct email_change_row *change,
			  const struct moved_user_row *user)
{
	struct proof proof = { .kind = PROOF_KIND_EMAIL_UNDO,
			       .user = change->user_id,
			       .change = change->id,
			       .link_us = r->app->conf->accounts_undo_ttl };
	struct mail_words words = { .name = user->name, .new_email = change->new_email };
	struct mail undo = { .template = MAIL_KIND_EMAIL_UNDO,
			     .recipient = change->old_email,
			     .locale = user->locale,
			     .proved = true,
			     .life_us = proof.link_us,
			     .words = words };
	struct mail changed = { .template = MAIL_KIND_EMAIL_CHANGED,
				.recipient = change->new_email,
				.locale = user->locale,
				.proved = true,
				.words = words };

	TRY(proof_make(r, &proof, &undo.proof));
	TRY(mail_queue(r, &undo));
	return mail_notice(r, &changed);
}

static enum err move(struct req *r, const struct email_change_row *change)
{
	struct user_move move = { .id = change->user_id,
				  .email = change->new_email,
				  .email_key = change->new_email_key,
				  .old_email_key = change->old_email_key };
	struct email_change_mark_done done = { .id = change->id,
					       .undo_us = r->app->conf->accounts_undo_ttl };
	struct audit_note note = { .action = AUDIT_EMAIL_CHANGE,
				   .actor = change->user_id,
				   .subject = change->user_id,
				   .detail = address_change_detail(r, change->old_email,
								   change->new_email) };
	struct moved_user_row user = { 0 };

	if (change->taken)
		return refuse_taken(r, change);

	enum err e = user_move(r->db, &move, &user);

	/* The address was taken just now, which spoils the transaction: the next one sees that. */
	if (e == ERR_EMAIL_TAKEN)
		return ERR_RETRY;
	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	TRY(email_change_mark_done(r->db, &done, NULL));
	TRY(proof_void(r, change->user_id));
	/* Access tokens tell the old address. */
	TRY(revoke_tokens(r, change->user_id));
	TRY(audit_note(r, &note));
	return tell_done(r, change, &user);
}

enum err address_change_confirm(struct req *r, const struct proof_given *given,
				struct secret password, struct address_confirmed *out)
{
	struct email_change_row change = { 0 };
	struct proof_row proof = { 0 };

	TRY(check(r, given, &proof));
	TRY(check_asker(r, given, password, &proof));

	struct email_change_confirm key = { .id = proof.email_change_id,
					    .by_old = proof.kind == PROOF_KIND_EMAIL_OLD };
	struct audit_note note = { .action = AUDIT_EMAIL_CHANGE_CONFIRM,
				   .actor = proof.user_id,
				   .subject = proof.user_id,
				   .detail = key.by_old ? STR("by the old address")
							: STR("by the new address") };

	TRY(db_begin(r->db));
	TRY(proof_use(r, proof.id));

	enum err e = email_change_confirm(r->db, &key, &change);

	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	TRY(audit_note(r, &note));

	struct address_confirmed made = { .email = change.new_email,
					  .old_confirmed = change.old_confirmed,
					  .new_confirmed = change.new_confirmed,
					  .done = change.old_confirmed && change.new_confirmed };

	if (made.done)
		TRY(move(r, &change));
	*out = made;
	return OK;
}

/* --- undoing --- */

static enum err tell_undone(struct req *r, const struct undoable_change_row *change,
			    const struct moved_back_user_row *user)
{
	struct mail mail = { .template = MAIL_KIND_EMAIL_UNDONE,
			     .recipient = change->old_email,
			     .locale = user->locale,
			     .proved = true,
			     .words = { .name = user->name, .new_email = change->old_email } };

	TRY(mail_notice(r, &mail));
	mail.recipient = user->replaced;
	mail.proved = user->proved;
	return mail_notice(r, &mail);
}

/* The address may be any one by now: whoever took the account may have changed it twice. */
static enum err move_back(struct req *r, const struct undoable_change_row *change)
{
	struct user_move_back move = { .id = change->user_id,
				       .email = change->old_email,
				       .email_key = change->old_email_key,
				       .verified = change->old_verified };
	struct email_change_undo key = { .id = change->id };
	struct moved_back_user_row user = { 0 };

	TRY(user_move_back(r->db, &move, &user));
	TRY(email_change_undo(r->db, &key, NULL));
	TRY(proof_void(r, change->user_id));
	TRY(revoke_tokens(r, change->user_id));
	TRY(revoke_sessions(r, change->user_id, (struct session_id){ 0 }, NULL));

	struct audit_note note = { .action = AUDIT_EMAIL_UNDO,
				   .actor = change->user_id,
				   .subject = change->user_id,
				   .detail = address_change_detail(r, user.replaced,
								   change->old_email) };

	TRY(audit_note(r, &note));
	return tell_undone(r, change, &user);
}

enum err address_change_undo(struct req *r, struct str token)
{
	struct proof_given given = { .token = token };
	struct undoable_change_row change = { 0 };
	struct proof_row proof = { 0 };

	TRY(proof_check(r, PROOF_KIND_EMAIL_UNDO, &given, &proof));
	TRY(db_begin(r->db));
	TRY(proof_use(r, proof.id));

	struct email_change_undoable key = { .id = proof.email_change_id };
	enum err e = email_change_undoable(r->db, &key, &change);

	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);
	return move_back(r, &change);
}
