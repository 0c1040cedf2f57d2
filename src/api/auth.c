/* SPDX-License-Identifier: MIT */
/* Signing in. */
#include "api/req.h"
#include "gen/users.h"
#include "http/email.h"

struct token_out {
	struct str access_token, token_type;
	int64_t expires_in;
};
/* clang-format off */
SCHEMA(token, token_out,
	FIELD(token_out, access_token),
	FIELD(token_out, token_type),
	FIELD(token_out, expires_in, .doc = "Seconds"));
/* clang-format on */

struct auth_login_in {
	struct str email;
	struct secret password;
};
/* No format and no shortest length here: what cannot be right is simply wrong. */
/* clang-format off */
SCHEMA(auth_login, auth_login_in,
	FIELD(auth_login_in, email, .min = 1, .max_bytes = 1024),
	FIELD(auth_login_in, password, .min = 1, .max_bytes = PASSWORD_BYTES_MAX));
/* clang-format on */

static enum err sign(struct req *r, const struct credential_row *user, struct str *token)
{
	char subject[UUID_TEXT], id[UUID_TEXT];
	int64_t now = instant_now().us / 1000000;
	struct token_claims claims = {
		.subject = uuid_format(user->id.uuid, subject),
		.email = user->email,
		.role = user->role,
		.id = uuid_format(uuid_v7(), id),
		.issued = now,
		.expires = now + r->app->conf->jwt_access_ttl / 1000000,
	};

	return keeper_sign(r->app->keeper, &claims, r->arena, token);
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
	TRY(keeper_verify(r->app->keeper, in->password, user.password, &fits));
	if (e == ERR_NO_ROW || !fits)
		return ERR_BAD_CREDENTIALS;

	struct token_out out = { .token_type = STR("Bearer"),
				 .expires_in = r->app->conf->jwt_access_ttl / 1000000 };

	TRY(sign(r, &user, &out.access_token));
	return reply(r, &out);
}
