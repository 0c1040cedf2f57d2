/* SPDX-License-Identifier: MIT */
/*
 * What nginx asks before it lets a request through to another application (auth_request). nginx
 * lets pass with 2xx, refuses with 401 and 403, and takes anything else for a failure, which is a
 * 500; so nothing here is answered otherwise, but 503 while tokens cannot be judged.
 */
#include "api/cookie.h"

struct auth_check_in {
	struct str role;
};
/* clang-format off */
SCHEMA(auth_check, auth_check_in,
	FIELD(auth_check_in, role, .optional = true, .one_of = ROLES,
	      .doc = "Whom to let pass; user: anyone who is signed in, as without it"));
/* clang-format on */

/*
 * What of the request's own headers the application may see. nginx alone is told: a page that asks
 * could read cookies in the reply that no script may see (HttpOnly).
 */
static void add_foreign(struct req *r)
{
	if (r->http->guard.n == 0)
		return;

	struct str cookie = cookie_foreign(r), authorization = who_foreign(r);

	if (cookie.n > 0)
		header_add(r->reply, "X-Auth-Cookie", cookie);
	if (authorization.n > 0)
		header_add(r->reply, "X-Auth-Authorization", authorization);
}

enum err auth_check(struct req *r, const struct auth_check_in *in)
{
	bool admin = r->who.role == ROLE_ADMIN;
	char user[UUID_TEXT], session[UUID_TEXT];

	if (!admin && in->role.p != NULL && str_eq(in->role, STR("admin")))
		return ERR_FORBIDDEN;
	header_add(r->reply, "X-Auth-User", uuid_format(r->who.user.uuid, user));
	/* As bytes of UTF-8 (RFC 9110 section 5.5); an address holds no control characters. One
	 * that nobody has confirmed says nothing of who it is. */
	if (r->who.email.n > 0)
		header_add(r->reply, "X-Auth-Email", r->who.email);
	header_add(r->reply, "X-Auth-Role", admin ? STR("admin") : STR("user"));
	header_add(r->reply, "X-Auth-Session", uuid_format(r->who.session.uuid, session));
	add_foreign(r);
	return reply(r, NULL);
}
