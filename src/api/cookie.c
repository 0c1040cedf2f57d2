/* SPDX-License-Identifier: MIT */
#include "api/cookie.h"

#include <stdint.h>

#include "base/origin.h"
#include "core/device.h"
#include "cred/opaque.h"

/* The prefixes make browsers insist on Secure, and on Path=/ without a Domain (RFC 6265bis 4.1.3).
 */
#define REFRESH "__Secure-postern-refresh"
#define ACCESS "__Host-postern-access"
#define DEVICE "__Secure-postern-device"

enum {
	ACCESS_MAX = 4,		    /* each costs a signature to judge */
	DEVICE_LIFE_S = 400 * 86400 /* browsers keep no cookie longer (RFC 6265bis section 5.5) */
};

/* A cookie of the header; text is all of it, without the blanks around it. */
struct pair {
	struct str text, name, value;
};

/*
 * The one reader of Cookie headers (RFC 6265 section 4.2.1, "a=1; b=2"): what is taken for a cookie
 * of ours, and what is kept from applications, can then never be two things.
 */
static bool next_pair(struct str *rest, struct pair *out)
{
	struct str text = { 0 }, value = { 0 }, name = { 0 };

	if (!str_split(rest, ';', &text))
		return false;
	text = value = str_trim(text);
	str_split(&value, '=', &name);
	*out = (struct pair){ text, str_trim(name), str_trim(value) };
	return true;
}

/*
 * The first `most` values that cookies of that name have, each once. Values shorter than a token
 * are passed over: a header has room for a thousand of one letter, and each would be compared with
 * all before it.
 */
static struct str_list find(const struct req *r, struct str name, size_t token, size_t most)
{
	struct str rest = call_of(r)->http->cookie;
	struct str_list found = { 0 };
	struct pair pair;
	size_t many = 0;

	while (many < most && next_pair(&rest, &pair))
		many += str_eq(pair.name, name) && pair.value.n >= token;
	found.v = arena_new_array(r->arena, many, struct str);
	rest = call_of(r)->http->cookie;
	while (found.n < many && next_pair(&rest, &pair))
		if (str_eq(pair.name, name) && pair.value.n >= token && !str_in(pair.value, found))
			found.v[found.n++] = pair.value;
	return found;
}

struct str_list cookie_refresh(const struct req *r)
{
	return find(r, STR(REFRESH), OPAQUE_TEXT, SIZE_MAX);
}

struct str_list cookie_access(const struct req *r)
{
	struct str_list none = { 0 }, found = { 0 };

	if (!r->app->conf->sessions_access_cookie)
		return none;
	found = find(r, STR(ACCESS), 1, ACCESS_MAX + 1);
	return found.n > ACCESS_MAX ? none : found;
}

struct str cookie_devices(const struct req *r)
{
	struct str rest = call_of(r)->http->cookie;
	struct buf all = buf_make(r->arena, rest.n + 1);
	struct pair pair;

	while (next_pair(&rest, &pair)) {
		if (!str_eq(pair.name, STR(DEVICE)) || pair.value.n == 0)
			continue;
		if (all.n > 0)
			buf_char(&all, DEVICE_BETWEEN);
		buf_add(&all, pair.value);
	}
	return all.n > 0 ? buf_str(&all) : (struct str){ 0 };
}

struct str cookie_foreign(const struct req *r)
{
	struct str rest = call_of(r)->http->cookie;
	struct buf kept = buf_make(r->arena, rest.n + 1);
	struct pair pair;

	while (next_pair(&rest, &pair)) {
		if (pair.text.n == 0 || str_eq(pair.name, STR(REFRESH)) ||
		    str_eq(pair.name, STR(ACCESS)) || str_eq(pair.name, STR(DEVICE)))
			continue;
		if (kept.n > 0)
			buf_add(&kept, STR("; "));
		buf_add(&kept, pair.text);
	}
	return buf_str(&kept);
}

bool cookie_ours(const struct req *r)
{
	struct str origin = call_of(r)->http->origin, rest = r->app->conf->server_origins,
		   one = { 0 };
	struct str known = { 0 }, path = { 0 };

	if (origin_parse(r->app->conf->server_public_url, r->arena, &known, &path) &&
	    str_eq(origin, known))
		return true;
	while (str_split(&rest, ',', &one))
		if (origin_parse(str_trim(one), r->arena, &known, &path) && str_eq(origin, known))
			return true;
	return false;
}

enum err cookie_origin(struct req *r)
{
	struct str origin = call_of(r)->http->origin;

	if (origin.n == 0)
		return problem(r, ERR_ORIGIN_REFUSED, "the cookie needs an Origin header");
	if (cookie_ours(r))
		return OK;
	/* A header may hold any bytes, and a reply in JSON may not. */
	if (!str_utf8(origin))
		return ERR_ORIGIN_REFUSED;
	return problem(r, ERR_ORIGIN_REFUSED,
		       "pages of %.*s may not use the cookie: the origin is neither that of "
		       "server.public_url nor in server.origins",
		       STR_ARG(origin));
}

/* Sets a cookie that is sent to /api/v1/auth alone. */
static void set_narrow(struct req *r, const char *name, struct str value, int64_t seconds)
{
	reply_header(
		r, "Set-Cookie",
		arena_printf(r->arena,
			     "%s=%.*s; Path=%s; Max-Age=%lld; Secure; HttpOnly; SameSite=Strict",
			     name, STR_ARG(value), path_here(r, "/api/v1/auth").p,
			     (long long)seconds));
}

static void set_access(struct req *r, struct str value, int64_t seconds)
{
	reply_header(r, "Set-Cookie",
		     arena_printf(r->arena,
				  ACCESS
				  "=%.*s; Path=/; Max-Age=%lld; Secure; HttpOnly; SameSite=Lax",
				  STR_ARG(value), (long long)seconds));
}

void cookie_set(struct req *r, struct str refresh, int64_t refresh_s, struct str access,
		int64_t access_s)
{
	set_narrow(r, REFRESH, refresh, refresh_s);
	if (access.p != NULL)
		set_access(r, access, access_s);
}

void cookie_set_devices(struct req *r, struct str tokens)
{
	set_narrow(r, DEVICE, tokens, DEVICE_LIFE_S);
}

void cookie_clear(struct req *r)
{
	set_narrow(r, REFRESH, STR(""), 0);
	if (r->app->conf->sessions_access_cookie)
		set_access(r, STR(""), 0);
}
