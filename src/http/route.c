/* SPDX-License-Identifier: MIT */
/*
 * A path is checked and decoded once; then each template is compared with it, which for a table of
 * this size costs less than any index, and needs nothing to be built at start: the last byte in
 * front of the first parameter already tells most of them apart.
 */
#include "http/route.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "http/query.h"

static bool encodes_slash(struct str path)
{
	for (size_t i = 0; i + 2 < path.n; i++)
		if (path.p[i] == '%' && path.p[i + 1] == '2' && (path.p[i + 2] | 0x20) == 'f')
			return true;
	return false;
}

/* Empty segments and dots can name a second path to one resource: RFC 3986 section 5.2.4. */
static bool segments_plain(struct str path)
{
	for (size_t i = 0, n = 0;; i += n + 1) {
		const char *segment = path.p + i;

		for (n = 0; i + n < path.n && segment[n] != '/';)
			n++;
		if (n == 0 || (segment[0] == '.' && (n == 1 || (n == 2 && segment[1] == '.'))))
			return false;
		if (i + n == path.n)
			return true;
	}
}

/* As no segment can hold a slash, all of them are decoded at once. */
static bool path_decode(struct str raw, struct arena *a, struct str *out)
{
	if (raw.n == 0 || raw.n > ROUTE_PATH_MAX || raw.p[0] != '/' || encodes_slash(raw))
		return false;
	return percent_decode(raw, false, a, out) && segments_plain(str_from_at(*out, 1));
}

/*
 * Whether a mount is "" or "/accounts", of characters that need no escape, neither in a URL nor in
 * a header: it goes into Location, Link and Set-Cookie as it is.
 */
static bool mount_plain(struct str mount)
{
	if (mount.n == 0)
		return true;
	if (mount.n > ROUTE_MOUNT_MAX || mount.p[0] != '/')
		return false;
	for (size_t i = 0; i < mount.n; i++)
		if (!isalnum((unsigned char)mount.p[i]) &&
		    (mount.p[i] == '\0' || strchr("/-._~", mount.p[i]) == NULL))
			return false;
	return segments_plain(str_from_at(mount, 1));
}

/* Whether `whole` is mount and rest. */
static bool joined(struct str whole, struct str mount, struct str rest)
{
	struct str head = { whole.p, mount.n };

	return whole.n == mount.n + rest.n && str_eq(head, mount) &&
	       str_eq(str_from_at(whole, mount.n), rest);
}

/*
 * Takes the path that is routed. A slash, a dot or a NUL that a server has decoded may have been
 * something else before. So the raw path, where it is told, is decoded here as well, once.
 */
static enum err path_take(const struct http_request *r, struct arena *a, struct str *out)
{
	struct str whole = { 0 }, info = r->path_info;

	if (r->path.p != NULL && !path_decode(r->path, a, &whole))
		return ERR_NOT_FOUND;
	if (info.p == NULL) {
		*out = whole;
		return whole.p == NULL ? ERR_NOT_FOUND : OK;
	}
	if (!mount_plain(r->mount))
		return ERR_INVALID;
	if (r->path.p != NULL && !joined(whole, r->mount, info))
		return ERR_INVALID;
	if (info.n == 0 || info.n > ROUTE_PATH_MAX || info.p[0] != '/')
		return ERR_NOT_FOUND;
	/* A part of what was checked is as good. */
	if (r->path.p != NULL)
		*out = str_from_at(whole, r->mount.n);
	else if (!str_utf8(info) || !segments_plain(str_from_at(info, 1)))
		return ERR_NOT_FOUND;
	else
		*out = arena_dup(a, info);
	return OK;
}

static const char *segment_end(const char *p)
{
	while (*p != '\0' && *p != '/')
		p++;
	return p;
}

static const uint64_t NO_SHAPE = UINT64_MAX;

/* Whether the heads differ: a cheap no to most templates that do not fit. */
static bool heads_differ(const struct route *route, struct str path)
{
	assert(route->head > 0);
	return path.n < route->head || path.p[route->head - 1] != route->mark;
}

/*
 * Whether a template fits a path: NO_SHAPE if not. A shape has a bit for each segment, the first
 * one highest, set for a parameter: of two templates that fit, the one with the smaller shape has a
 * literal where they first differ.
 */
static uint64_t shape_of(const struct route *route, struct str whole)
{
	const char *template = route->path, *path = whole.p;
	uint64_t s = 0;

	for (;; template ++, path++) {
		if (*template == '{') {
			template = strchr(template, '}') + 1;
			path = segment_end(path);
			s |= 1;
		}
		if (*template != *path)
			return NO_SHAPE;
		if (*template == '\0')
			return s;
		s <<= *template == '/';
	}
}

/* Takes the parameters of a template that fits. */
static void params_take(struct route_match *m, const char *path, struct arena *a)
{
	for (const char *t = m->route->path; *t != '\0'; t++, path++) {
		if (*t != '{')
			continue;

		const char *name_end = strchr(t, '}');
		const char *end = segment_end(path);

		assert(m->n < ROUTE_PARAMS_MAX);
		m->params[m->n].name = (struct str){ t + 1, (size_t)(name_end - t - 1) };
		m->params[m->n++].value = arena_dup(a, (struct str){ path, (size_t)(end - path) });
		if (*end == '\0')
			return;
		t = name_end + 1;
		path = end;
	}
}

enum err route_find(const struct route *routes, size_t n, const struct http_request *r,
		    struct arena *a, struct route_match *m)
{
	struct str path = { 0 };
	/* The path of the row above, from which a row often differs in its method only. */
	const char *before = NULL;
	uint64_t shape = NO_SHAPE, best = NO_SHAPE;

	*m = (struct route_match){ 0 };
	TRY(path_take(r, a, &path));
	for (size_t i = 0; i < n; i++) {
		if (routes[i].path != before) {
			before = routes[i].path;
			shape = heads_differ(&routes[i], path) ? NO_SHAPE
							       : shape_of(&routes[i], path);
		}
		if (shape == NO_SHAPE || shape > best)
			continue;
		/* The resource is chosen by its path alone, the method then among its own. */
		if (shape < best)
			*m = (struct route_match){ 0 };
		best = shape;
		m->allowed |= 1U << routes[i].method;
		if (r->known && r->method == routes[i].method)
			m->route = &routes[i];
	}
	if (m->allowed == 0)
		return ERR_NOT_FOUND;
	if (m->route == NULL)
		return ERR_METHOD_NOT_ALLOWED;
	params_take(m, path.p, a);
	return OK;
}

struct str route_allow(unsigned allowed, struct arena *a)
{
	struct buf b = buf_make(a, 64);

	for (enum method m = 0; m < METHOD_COUNT; m++) {
		if ((allowed & 1U << m) == 0)
			continue;
		buf_add(&b, str_from(method_name(m)));
		buf_add(&b, m == METHOD_GET ? STR(", HEAD, ") : STR(", "));
	}
	buf_add(&b, STR("OPTIONS"));
	return buf_str(&b);
}

struct str route_param(const struct route_match *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->params[i].name, str_from(name)))
			return m->params[i].value;
	return (struct str){ 0 };
}

bool route_has_param(const struct route *r, const char *name)
{
	struct str wanted = str_from(name);

	for (const char *p = r->path; (p = strchr(p, '{')) != NULL; p++) {
		struct str here = { p + 1, strcspn(p + 1, "}") };

		if (str_eq(here, wanted))
			return true;
	}
	return false;
}

bool route_changes(const struct route *r)
{
	return r->method != METHOD_GET && r->access != ACCESS_ANYONE && r->access != ACCESS_GATE;
}

enum source route_source(const struct route *r, const struct field *f)
{
	if (route_has_param(r, f->name))
		return SOURCE_PATH;
	if (r->method == METHOD_GET || r->method == METHOD_DELETE)
		return SOURCE_QUERY;
	return SOURCE_BODY;
}

enum route_body route_body(const struct route *r)
{
	enum route_body body = BODY_NONE;

	for (size_t i = 0; i < r->in->n; i++) {
		if (route_source(r, &r->in->fields[i]) != SOURCE_BODY)
			continue;
		if (!r->in->fields[i].optional)
			return BODY_REQUIRED;
		body = BODY_OPTIONAL;
	}
	return body;
}

static bool follows(const struct route *r, enum err e)
{
	/* nginx's auth_request knows no other refusals: ACCESS_GATE. */
	bool gate = r->access == ACCESS_GATE;

	switch (e) {
	case ERR_INVALID:
		return !gate;
	case ERR_BAD_JSON:
	case ERR_UNSUPPORTED_MEDIA_TYPE:
		return route_body(r) != BODY_NONE;
	case ERR_UNAUTHENTICATED:
	case ERR_TOKEN_INVALID:
	case ERR_TOKEN_EXPIRED:
	case ERR_TOKEN_REVOKED:
		return r->access != ACCESS_ANYONE;
	case ERR_FORBIDDEN:
		return gate || r->access == ACCESS_SELF || r->access == ACCESS_ADMIN;
	case ERR_TOO_MANY:
		return route_changes(r);
	case ERR_DB_READ_ONLY:
		return r->method != METHOD_GET;
	case ERR_NOT_ACCEPTABLE:
		return r->shape != REPLY_NONE && r->shape != REPLY_PAGE && r->shape != REPLY_SEE;
	case ERR_TOO_LARGE:
	case ERR_INTERNAL:
	case ERR_DB_UNAVAILABLE:
	case ERR_BUSY:
	case ERR_DEADLINE:
		return true;
	default:
		return false;
	}
}

bool route_answers(const struct route *r, enum err e)
{
	for (const int *p = r->problems; *p != OK; p++)
		if (*p == (int)e)
			return true;
	return follows(r, e);
}
