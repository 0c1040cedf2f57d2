/* SPDX-License-Identifier: MIT */
/* The user who asks, from the access token that came along. No round trip: see cred/revoked.h. */
#include "api/call.h"
#include "api/cookie.h"

/* "Bearer" and the token, RFC 6750 section 2.1; the scheme's case does not matter. */
static struct str bearer(struct str header)
{
	struct str rest = str_trim(header), scheme = { 0 };

	if (header.p == NULL || !str_split(&rest, ' ', &scheme) || rest.p == NULL ||
	    !str_eq_nocase(scheme, STR("Bearer")))
		return (struct str){ 0 };
	rest = str_trim(rest);
	return rest.n > 0 ? rest : (struct str){ 0 };
}

struct str who_foreign(const struct req *r)
{
	struct str header = str_trim(call_of(r)->http->authorization);
	struct str scheme = { header.p, 0 };

	while (scheme.n < header.n && header.p[scheme.n] != ' ' && header.p[scheme.n] != '\t')
		scheme.n++;
	if (str_eq_nocase(scheme, STR("Bearer")))
		return (struct str){ 0 };
	return header;
}

/* Whether a token that was good still is. */
static enum err still_good(const struct app *app, const struct who *who, struct instant now)
{
	if (!*app->feed_fresh)
		return ERR_DB_UNAVAILABLE;
	if (revoked_has(app->revoked, who->session.uuid, who->user.uuid, who->version,
			now.us / 1000000))
		return ERR_TOKEN_REVOKED;
	return OK;
}

enum err who_still(const struct req *r)
{
	return uuid_none(r->who.user.uuid) ? OK : still_good(r->app, &r->who, instant_now());
}

/* Finds the user whom a token speaks for. */
static enum err judge(struct req *r, struct str token, struct who *out)
{
	const struct app *app = r->app;
	struct instant now = instant_now();
	struct identity id = { 0 };
	struct who who = { 0 };
	int role = 0;

	/* The feed comes first: without it nothing else is worth a look. */
	if (!*app->feed_fresh)
		return ERR_DB_UNAVAILABLE;
	TRY(identity_of(app->identities, app->keys, token, now, r->arena, &id));
	who.user.uuid = id.subject;
	who.session.uuid = id.session;
	who.email = id.email;
	who.version = id.version;
	TRY(still_good(app, &who, now));
	if (!vocabulary_find(&user_role_vocabulary, id.role, &role))
		return ERR_TOKEN_INVALID;
	who.role = (enum user_role)role;
	*out = who;
	return OK;
}

/*
 * Chooses of several cookies the one whose token is right; the others say nothing. Right tokens of
 * different sessions are refused: nobody can tell which is meant.
 */
static enum err judge_cookies(struct req *r, struct who *out)
{
	struct str_list tokens = cookie_access(r);
	enum err refusal = ERR_UNAUTHENTICATED;
	struct who who = { 0 }, chosen = { 0 };
	bool found = false;

	for (size_t i = 0; i < tokens.n; i++) {
		enum err e = judge(r, tokens.v[i], &who);

		if (e == ERR_DB_UNAVAILABLE)
			return e;
		if (e != OK)
			refusal = e;
		else if (found && !uuid_eq(who.session.uuid, chosen.session.uuid))
			return ERR_TOKEN_INVALID;
		else
			chosen = who;
		found |= e == OK;
	}
	if (!found)
		return refusal;
	*out = chosen;
	return OK;
}

enum err who_asks(struct req *r)
{
	struct str token = bearer(call_of(r)->http->authorization);
	struct who who = { 0 };

	if (token.p != NULL)
		TRY(judge(r, token, &who));
	/* Another scheme is meant for the application behind the gate (RFC 9110 section 11.6.2). */
	else if (call_of(r)->match.route->access == ACCESS_GATE)
		TRY(judge_cookies(r, &who));
	else
		return ERR_UNAUTHENTICATED;
	r->who = who;
	return OK;
}
