/* SPDX-License-Identifier: MIT */
/* Signing in, going on, signing out. */
#include "api/call.h"
#include "api/cookie.h"
#include "core/device.h"
#include "core/limit.h"
#include "core/password_rule.h"
#include "core/proof.h"
#include "core/session.h"
#include "db/pool.h"
#include "gen/users.h"
#include "text/email.h"

struct token_out {
	struct tokens tokens;
	struct str type, device;
};
/* clang-format off */
SCHEMA(token, token_out,
	FIELD_AS("access_token", token_out, tokens.access),
	FIELD_AS("token_type", token_out, type),
	FIELD_AS("expires_in", token_out, tokens.access_s, .doc = "Seconds"),
	FIELD_AS("refresh_token", token_out, tokens.refresh, .optional = true, .doc = "Not in cookie mode"),
	FIELD_AS("refresh_expires_in", token_out, tokens.refresh_s,
	      .doc = "Seconds, if it is not used; using it moves that on, up to sessions.absolute"),
	FIELD_AS("device_token", token_out, device, .optional = true,
	      .doc = "Of a sign-in, not in cookie mode: to be kept, and brought by the next one"));
/* clang-format on */

/* device: of a sign-in, else null. In cookie mode scripts see neither that nor the refresh token.
 */
static enum err reply_tokens(struct req *r, const struct tokens *t, bool cookie, struct str device)
{
	struct token_out out = { .tokens = *t, .type = STR("Bearer") };
	struct str access = { 0 };

	if (cookie) {
		if (r->app->conf->sessions_access_cookie)
			access = t->access;
		cookie_set(r, t->refresh, t->refresh_s, access, t->access_s);
		out.tokens.refresh = (struct str){ 0 };
	} else
		out.device = device;
	return reply(r, &out);
}

struct auth_login_in {
	struct str email;
	struct secret password;
	bool cookie;
	struct str device_token;
	struct proof_given proof;
};
/* No format and no shortest length here: what cannot be right is simply wrong. */
/* clang-format off */
SCHEMA(auth_login, auth_login_in,
	FIELD(auth_login_in, email, .min = 1, .max_bytes = 1024),
	FIELD(auth_login_in, password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX),
	FIELD(auth_login_in, cookie, .optional = true,
	      .doc = "The refresh token goes into a cookie that no script can read"),
	FIELD(auth_login_in, device_token, .optional = true, .min = 1, .max = 1024,
	      .doc = "What an earlier sign-in to the account told; in cookie mode a cookie has it"),
	FIELD_AS("proof_token", auth_login_in, proof.token, .optional = true, .min = 1, .max = 1024,
		 .side = SIDE_ONE_OR_NEITHER,
		 .doc = "Of the link that auth/unlock mails; or else proof_id and proof_code"),
	FIELD_AS("proof_id", auth_login_in, proof.id, .optional = true, .side = SIDE_OTHER,
		 .doc = "What auth/unlock was answered with"),
	FIELD_AS("proof_code", auth_login_in, proof.code, .optional = true, .min = 1, .max = 64,
		 .side = SIDE_OTHER,
		 .doc = "Eight digits of the mail; spaces and hyphens do not count"));
/* clang-format on */

static bool brings_proof(const struct auth_login_in *in)
{
	return in->proof.token.p != NULL || in->proof.code.p != NULL ||
	       !uuid_none(in->proof.id.uuid);
}

/*
 * An address that is malformed or unknown is looked up all the same: `user` is then nobody, and
 * costs what some other account does, for their hashes may be of several parameters.
 */
static enum err find_user(struct req *r, struct str email, struct credential_row *user)
{
	struct user_by_email_key key = { 0 };

	if (!email_key(email, r->arena, &key.email_key))
		key.email_key = STR("");

	struct user_cost_beside beside = { .email_key = key.email_key };
	struct cost_row cost = { 0 };

	TRY(user_cost_beside(r->db, &beside, &cost));
	user->password = password_nobody(r, cost.cost);

	enum err e = user_by_email_key(r->db, &key, user);

	return e == ERR_NO_ROW ? OK : e;
}

/* The proof is right, and of this account. None is needed here, but what is brought must hold. */
static enum err check_proof(struct req *r, const struct auth_login_in *in, struct user_id user,
			    struct proof_row *proof)
{
	const struct proof_given *given = &in->proof;

	if (!brings_proof(in))
		return OK;
	if (given->token.p != NULL && (given->code.p != NULL || !uuid_none(given->id.uuid)))
		return fault(r, "/proof_token",
			     "give either proof_token, or proof_id and proof_code");
	if (given->token.p == NULL && uuid_none(given->id.uuid))
		return fault(r, "/proof_id", "proof_id is required together with proof_code");
	if (given->token.p == NULL && given->code.p == NULL)
		return fault(r, "/proof_code", "proof_code is required together with proof_id");
	TRY(proof_check(r, PROOF_KIND_UNLOCK, given, proof));
	if (uuid_none(user.uuid) || !uuid_eq(user.uuid, proof->user_id.uuid))
		return ERR_PROOF_WRONG;
	return OK;
}

/* The parameters have changed since: hashed anew while the password is at hand. */
static enum err rehash(struct req *r, const struct credential_row *user, struct secret password)
{
	const struct conf *c = r->app->conf;
	struct password_cost cost = { (uint32_t)c->password_memory_kib,
				      (uint32_t)c->password_passes };
	struct user_rehash row = { .id = user->id, .old = user->password };

	if (!password_outdated((struct str){ user->password.p, user->password.n }, cost))
		return OK;
	TRY(password_rehash(r, password, &row.new));
	return user_rehash(r->db, &row, NULL);
}

/*
 * Whoever registers an address and then signs in with the same password must not learn whether that
 * made an account: the password fits one that is new, and none that was there before.
 */
static bool hidden(const struct req *r, const struct credential_row *user)
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

static enum err sign_in(struct req *r, const struct auth_login_in *in,
			const struct credential_row *user, struct proof_id proof,
			const struct guess *g)
{
	struct account account = { .user = user->id,
				   .email = user->confirmed_email,
				   .role = user->role,
				   .version = user->token_version };
	struct tokens tokens = { 0 };
	struct str device = { 0 };

	/* Only now: nobody else is told what state the account is in. */
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
	TRY(device_make(r, user->id, user->token_version, &device));
	TRY(session_begin(r, &account, in->cookie, &tokens));
	TRY(limit_right(r, g));
	TRY(reply_tokens(r, &tokens, in->cookie, device));
	if (in->cookie)
		cookie_set_devices(r, device_keep(r, user->id, device, cookie_devices(r)));
	return OK;
}

/* The password was right, and something here went wrong: that is not to count as a guess. */
static enum err not_signed_in(struct req *r, const struct guess *g, enum err e)
{
	/* What was begun of a session is taken back before. */
	(void)req_finish(r, e);
	return limit_undo(r, g, e);
}

/*
 * Whom the guess counts for, and whether it has to wait. Who brings a proof has the account's guard
 * lifted. A browser that has signed in to the account before has a guard of its own, which only it
 * can shut. All others are refused, if they are, before the database is asked for anything.
 */
static enum err look(struct req *r, const struct auth_login_in *in, struct credential_row *user,
		     struct guess *g)
{
	struct devices devices = { 0 };
	struct uuid device = { 0 };

	limit_name(r, in->email, g);
	if (brings_proof(in))
		return find_user(r, in->email, user);
	TRY(device_read(r, in->cookie ? cookie_devices(r) : in->device_token, &devices));
	if (devices.n == 0)
		TRY(limit_look(r, g));
	TRY(find_user(r, in->email, user));
	if (devices.n == 0)
		return OK;
	if (device_find(&devices, user->id, user->token_version, &device))
		limit_name_own(r, "device", device, in->email, g);
	return limit_look(r, g);
}

/*
 * One path for every outcome: an unknown account is counted like a known one, and its password is
 * checked against a hash that nothing fits. Who brings a proof need not wait: whatever somebody
 * does who shares the network, the owner gets in.
 */
enum err auth_login(struct req *r, const struct auth_login_in *in)
{
	struct credential_row user = { 0 };
	struct proof_row proof = { 0 };
	struct guess guess = { 0 };
	bool fits = false;

	if (in->cookie)
		TRY(cookie_origin(r));
	/* Before anything is counted: it costs nothing, and the guess would have to be taken back.
	 */
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
	/* The same for right and wrong: a guarded account tells nothing about its password. */
	if (guess.guarded && !proved)
		return limit_wrong(r, &guess, ERR_PROOF_NEEDED);
	if (uuid_none(user.id.uuid) || !fits || hidden(r, &user))
		return limit_wrong(r, &guess, ERR_BAD_CREDENTIALS);
	e = sign_in(r, in, &user, proof.id, &guess);
	return err_row(e)->status >= 500 && e != ERR_RETRY ? not_signed_in(r, &guess, e) : e;
}

struct auth_refresh_in {
	struct str refresh_token;
};
/* clang-format off */
SCHEMA(auth_refresh, auth_refresh_in,
	FIELD(auth_refresh_in, refresh_token, .optional = true, .min = 1, .max = 1024,
	      .doc = "Without it the cookie is taken"));
/* clang-format on */

/* The token of the body, or else those of the cookies, which then need an Origin of ours. */
static enum err take_refresh(struct req *r, struct str *body, struct str_list *tokens, bool *cookie)
{
	*cookie = body->p == NULL;
	*tokens = *cookie ? cookie_refresh(r) : (struct str_list){ body, 1 };
	if (tokens->n == 0)
		return ERR_REFRESH_INVALID;
	return *cookie ? cookie_origin(r) : OK;
}

enum err auth_refresh(struct req *r, const struct auth_refresh_in *in)
{
	struct str body = in->refresh_token;
	struct str_list brought = { 0 };
	struct tokens tokens = { 0 };
	bool cookie = false;

	TRY(take_refresh(r, &body, &brought, &cookie));
	TRY(session_refresh(r, brought, cookie, &tokens));
	return reply_tokens(r, &tokens, cookie, (struct str){ 0 });
}

struct auth_logout_in {
	struct str refresh_token;
};
/* clang-format off */
SCHEMA(auth_logout, auth_logout_in,
	FIELD(auth_logout_in, refresh_token, .optional = true, .min = 1, .max = 1024,
	      .doc = "Without it the cookie is taken, or else the access token"));
/* clang-format on */

/* Ends the session of the access token that came along, if there is one. */
static enum err end_own(struct req *r)
{
	enum err e = req_who(r);

	/* Not knowing what was revoked is no reason to say that it is done. */
	if (e == ERR_DB_UNAVAILABLE)
		return e;
	return e == OK ? session_end(r, r->who.session) : OK;
}

/*
 * Done is done, whether there was a session or not. What the cookies name ends, all of it: of the
 * session that is meant nothing may go on because another page has put a cookie beside its own.
 */
enum err auth_logout(struct req *r, const struct auth_logout_in *in)
{
	struct str body = in->refresh_token;
	struct str_list tokens = { 0 };
	bool cookie = false, known = false;
	enum err e = take_refresh(r, &body, &tokens, &cookie);

	if (e != OK && e != ERR_REFRESH_INVALID)
		return e;
	TRY(session_end_of(r, tokens, &known));
	if (!known && cookie)
		TRY(end_own(r));
	/* A form of any page can send this, without our cookies (SameSite), and a browser would
	 * take from the reply that it is to forget them. */
	if (cookie && cookie_ours(r))
		cookie_clear(r);
	return reply(r, NULL);
}
