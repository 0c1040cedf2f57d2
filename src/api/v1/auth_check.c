/* SPDX-License-Identifier: MIT */
/*
 * The question that nginx asks before it lets a request through to another application
 * (auth_request). nginx lets pass with 2xx, refuses with 401 and 403, and takes anything else for a
 * failure, which is a 500; so nothing here is answered otherwise, but 503 while tokens cannot be
 * judged.
 */
#include "api/call.h"
#include "api/cookie.h"

struct auth_check_in {
	enum user_role role;
};
/* clang-format off */
SCHEMA(auth_check, auth_check_in,
	FIELD(auth_check_in, role, .optional = true,
	      .doc = "Whom to let pass; user: anyone who is signed in, as without it"));
/* clang-format on */

/*
 * Adds those of the request's own headers that the application may see. nginx alone is told: a page
 * that asks could read cookies in the reply that no script may see (HttpOnly).
 */
static void add_foreign(struct req *r)
{
	if (call_of(r)->http->guard.n == 0)
		return;

	struct str cookie = cookie_foreign(r), authorization = who_foreign(r);

	if (cookie.n > 0)
		reply_header(r, "X-Auth-Cookie", cookie);
	if (authorization.n > 0)
		reply_header(r, "X-Auth-Authorization", authorization);
}

enum err auth_check(struct req *r, const struct auth_check_in *in)
{
	char user[UUID_TEXT], session[UUID_TEXT];

	if (in->role == USER_ROLE_ADMIN && r->who.role != USER_ROLE_ADMIN)
		return ERR_FORBIDDEN;
	reply_header(r, "X-Auth-User", uuid_format(r->who.user.uuid, user));
	/* The address goes as bytes of UTF-8 (RFC 9110 section 5.5) and holds no control
	 * characters. One that nobody has confirmed says nothing of who the user is. */
	if (r->who.email.n > 0)
		reply_header(r, "X-Auth-Email", r->who.email);
	reply_header(r, "X-Auth-Role", user_role_word(r->who.role));
	reply_header(r, "X-Auth-Session", uuid_format(r->who.session.uuid, session));
	add_foreign(r);
	return reply(r, NULL);
}
