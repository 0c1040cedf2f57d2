/* SPDX-License-Identifier: MIT */
/* Signing in, going on, signing out. */
#include "api/cookie.h"
#include "api/session.h"
#include "gen/users.h"
#include "http/email.h"

struct auth_login_in {
	struct str email;
	struct secret password;
	bool cookie;
};
/* No format and no shortest length here: what cannot be right is simply wrong. */
/* clang-format off */
SCHEMA(auth_login, auth_login_in,
	FIELD(auth_login_in, email, .min = 1, .max_bytes = 1024),
	FIELD(auth_login_in, password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX),
	FIELD(auth_login_in, cookie, .optional = true,
	      .doc = "The refresh token goes into a cookie that no script can read"));
/* clang-format on */

/* The parameters have changed since: hashed anew while the password is at hand. */
static enum err rehash(struct req *r, const struct credential_row *user, struct secret password)
{
	const struct conf *c = r->app->conf;
	struct password_cost cost = { (uint32_t)c->password_memory_kib,
				      (uint32_t)c->password_passes };
	struct user_rehash row = { .id = user->id, .old = user->password };

	if (!password_outdated((struct str){ user->password.p, user->password.n }, cost))
		return OK;
	TRY(keeper_hash(r->app->keeper, &(struct keeper_password){ .password = password }, r->arena,
			&row.new, NULL));
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

/*
 * One path for every outcome: an address that is malformed or unknown is looked up all the same,
 * and its password is checked against a hash that nothing fits.
 */
enum err auth_login(struct req *r, const struct auth_login_in *in)
{
	struct user_by_email_key key = { 0 };
	struct credential_row user = { .password = r->app->no_hash };
	bool fits = false;

	if (!email_key(in->email, r->arena, &key.email_key))
		key.email_key = STR("");

	enum err e = user_by_email_key(r->db, &key, &user);

	if (e != OK && e != ERR_NO_ROW)
		return e;
	if (in->cookie)
		TRY(cookie_origin(r));
	TRY(keeper_verify(r->app->keeper, in->password, user.password, &fits));
	if (e == ERR_NO_ROW || !fits || hidden(r, &user))
		return ERR_BAD_CREDENTIALS;

	/* Only now: nobody else is told what state the account is in. */
	if (user.disabled)
		return ERR_ACCOUNT_DISABLED;
	if (!user.verified && r->app->conf->accounts_require_verified)
		return ERR_EMAIL_UNVERIFIED;
	TRY(rehash(r, &user, in->password));

	struct account account = { .user = user.id,
				   .email = user.email,
				   .role = user.role,
				   .version = user.token_version };

	return session_begin(r, &account, in->cookie);
}

struct auth_refresh_in {
	struct str refresh_token;
};
/* clang-format off */
SCHEMA(auth_refresh, auth_refresh_in,
	FIELD(auth_refresh_in, refresh_token, .optional = true, .min = 1, .max = 1024,
	      .doc = "Without it the cookie is taken"));
/* clang-format on */

/* The token of the body, or else that of the cookie, which then needs an Origin of ours. */
static enum err take_refresh(struct req *r, struct str body, struct str *token, bool *cookie)
{
	*cookie = body.p == NULL;
	*token = *cookie ? cookie_refresh(r) : body;
	if (token->p == NULL)
		return ERR_REFRESH_INVALID;
	return *cookie ? cookie_origin(r) : OK;
}

enum err auth_refresh(struct req *r, const struct auth_refresh_in *in)
{
	struct str token = { 0 };
	bool cookie = false;

	TRY(take_refresh(r, in->refresh_token, &token, &cookie));
	return session_refresh(r, token, cookie);
}

struct auth_logout_in {
	struct str refresh_token;
};
/* clang-format off */
SCHEMA(auth_logout, auth_logout_in,
	FIELD(auth_logout_in, refresh_token, .optional = true, .min = 1, .max = 1024,
	      .doc = "Without it the cookie is taken"));
/* clang-format on */

/* Done is done, whether there was a session or not. */
enum err auth_logout(struct req *r, const struct auth_logout_in *in)
{
	struct str token = { 0 };
	bool cookie = false;
	enum err e = take_refresh(r, in->refresh_token, &token, &cookie);

	if (e == ERR_REFRESH_INVALID)
		return reply(r, NULL);
	TRY(e);
	TRY(session_end(r, token));
	if (cookie)
		cookie_clear(r);
	return reply(r, NULL);
}
