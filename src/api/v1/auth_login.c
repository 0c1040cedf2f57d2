/* SPDX-License-Identifier: MIT */
/* Signing in, going on, signing out. */
#include "api/call.h"
#include "api/cookie.h"
#include "core/device.h"
#include "core/sign_in.h"

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
/* No field has a format or a shortest length here: a text that cannot be right is simply wrong. */
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

enum err auth_login(struct req *r, const struct auth_login_in *in)
{
	struct sign_in how = { .email = in->email,
			       .password = in->password,
			       .devices = in->cookie ? cookie_devices(r) : in->device_token,
			       .cookie = in->cookie,
			       .proof = in->proof };
	struct signed_in out = { 0 };

	if (in->cookie)
		TRY(cookie_origin(r));
	TRY(sign_in(r, &how, &out));
	TRY(reply_tokens(r, &out.tokens, in->cookie, out.device));
	if (in->cookie)
		cookie_set_devices(r, device_keep(r, out.user, out.device, cookie_devices(r)));
	return OK;
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

	/* Not knowing what was revoked is no reason to say that the session has ended. */
	if (e == ERR_DB_UNAVAILABLE)
		return e;
	return e == OK ? session_end(r, r->who.session) : OK;
}

/*
 * Signing out succeeds whether there was a session or not. Every session that the cookies name
 * ends: the one that is meant may not go on because another page has put a cookie beside its own.
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
