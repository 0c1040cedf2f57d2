/* SPDX-License-Identifier: MIT */
#include "core/sign_in.h"

#include "core/device.h"
#include "core/password_rule.h"
#include "db/pool.h"
#include "gen/users.h"
#include "text/email.h"

static bool brings_proof(const struct sign_in *in)
{
	return in->proof.token.p != NULL || in->proof.code.p != NULL ||
	       !uuid_none(in->proof.id.uuid);
}

/*
 * An address that is malformed or unknown is looked up all the same: `user` is then nobody, and
 * costs what some other account does, for their hashes may be of several parameters.
 */
static enum err find_user(struct req *r, struct str email, struct signing_in_row *user)
{
	struct user_signing_in key = { 0 };
	struct signing_in_row found = { 0 };

	if (!email_key(email, r->arena, &key.email_key))
		key.email_key = STR("");
	TRY(user_signing_in(r->db, &key, &found));

	/* The hash is made for everybody: the time must not tell which address is known. */
	struct secret nobody = password_nobody(r, found.cost);

	if (uuid_none(found.id.uuid))
		found.password = nobody;
	*user = found;
	return OK;
}

/* Whether the proof is right, and of this account. None is needed here, but one that is brought
 * must hold. */
static enum err check_proof(struct req *r, const struct sign_in *in, struct user_id user,
			    struct proof_row *proof)
{
	if (!brings_proof(in))
		return OK;
	TRY(proof_members(r, &in->proof, "proof_"));
	TRY(proof_check(r, PROOF_KIND_UNLOCK, &in->proof, proof));
	if (uuid_none(user.uuid) || !uuid_eq(user.uuid, proof->user_id.uuid))
		return ERR_PROOF_WRONG;
	return OK;
}

/* Hashes a password anew whose parameters have changed since, while it is at hand. */
static enum err rehash(struct req *r, const struct signing_in_row *user, struct secret password)
{
	const struct conf *c = r->app->conf;
	struct password_cost cost = { (uint32_t)c->password_memory_kib,
				      (uint32_t)c->password_passes };
	struct user_rehash row = { .id = user->id, .old = user->password };

	if (!password_outdated((struct str){ user->password.p, user->password.n }, cost))
		return OK;
	TRY(password_rehash(r, password, &row.new));
	TRY(user_rehash(r->db, &row, NULL));
	/* The new hash stays, whatever becomes of the rest. */
	db_settle(r->db);
	return OK;
}

/*
 * Whoever registers an address and then signs in with the same password must not learn whether that
 * made an account: the password fits one that is new, and none that was there before.
 */
static bool hidden(const struct req *r, const struct signing_in_row *user)
{
	return r->app->conf->accounts_enumeration_safe && !user->verified;
}

/* The password was right, and does not open the account all the same. */
static enum err refuse(struct req *r, const struct guess *g, enum err e)
{
	TRY(db_begin(r->db));
	TRY(limit_right(r, g));
	r->commit = true;
	return e;
}

static enum err begin(struct req *r, const struct sign_in *in, const struct signing_in_row *user,
		      struct proof_id proof, const struct guess *g, struct signed_in *out)
{
	struct account account = { .user = user->id,
				   .email = user->confirmed_email,
				   .role = user->role,
				   .version = user->token_version };
	struct session_how how = { .cookie = in->cookie, .guess = *g };

	/* The account's state is told only now: nobody without the password learns it. */
	if (user->disabled)
		return refuse(r, g, ERR_ACCOUNT_DISABLED);
	if (!user->verified && r->app->conf->accounts_require_verified)
		return refuse(r, g, ERR_EMAIL_UNVERIFIED);
	if (limit_change(r, "sign-in", user->id, user->role == USER_ROLE_ADMIN) != OK)
		return refuse(r, g, ERR_TOO_MANY);
	TRY(rehash(r, user, in->password));
	if (!uuid_none(proof.uuid)) {
		TRY(db_begin(r->db));
		TRY(proof_use(r, proof));
	}
	TRY(session_new(r, &account, &how, &out->tokens, &out->device));
	limit_was_right(r);
	out->user = user->id;
	return OK;
}

/* The password was right, and something here went wrong: that is not to count as a guess. */
static enum err not_signed_in(struct req *r, const struct guess *g, enum err e)
{
	/* A session that was begun is taken back before. */
	(void)req_finish(r, e);
	return limit_undo(r, g, e);
}

/*
 * Finds whom the guess counts for, and whether it has to wait. Whoever brings a proof has the
 * account's guard lifted. A browser that has signed in to the account before has a guard of its
 * own, which only it can shut. All others are refused, if they are, before the database is asked
 * for anything.
 */
static enum err look(struct req *r, const struct sign_in *in, struct signing_in_row *user,
		     struct guess *g)
{
	struct devices devices = { 0 };
	struct uuid device = { 0 };

	limit_name(r, in->email, g);
	if (brings_proof(in))
		return find_user(r, in->email, user);
	TRY(device_read(r, in->devices, &devices));
	if (devices.n == 0)
		TRY(limit_look(r, g));
	TRY(find_user(r, in->email, user));
	if (devices.n == 0)
		return OK;
	if (device_find(&devices, user->id, user->token_version, &device))
		limit_name_own(r, "device", device, in->email, g);
	return limit_look(r, g);
}

enum err sign_in(struct req *r, const struct sign_in *in, struct signed_in *out)
{
	struct signing_in_row user = { 0 };
	struct proof_row proof = { 0 };
	struct guess guess = { 0 };
	bool fits = false;

	/* A full keeper is seen before anything is counted: that costs nothing, and the guess would
	 * have to be taken back. */
	if (keeper_full(r->app->keeper))
		return ERR_BUSY;
	TRY(look(r, in, &user, &guess));
	TRY(check_proof(r, in, user.id, &proof));

	bool proved = !uuid_none(proof.id.uuid);

	TRY(limit_count(r, proved, &guess));
	guess.user = user.id;

	enum err e = password_fits(r, in->password, user.password, &fits);

	if (e != OK)
		return limit_undo(r, &guess, e);
	/* Right and wrong get one answer: a guarded account tells nothing about its password. */
	if (guess.guarded && !proved)
		return limit_wrong(r, &guess, ERR_PROOF_NEEDED);
	if (uuid_none(user.id.uuid) || !fits || hidden(r, &user))
		return limit_wrong(r, &guess, ERR_BAD_CREDENTIALS);
	e = begin(r, in, &user, proof.id, &guess, out);
	return err_row(e)->status >= 500 && e != ERR_RETRY ? not_signed_in(r, &guess, e) : e;
}
