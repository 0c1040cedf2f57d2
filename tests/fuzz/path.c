/* SPDX-License-Identifier: MIT */
/* A raw path against a route table, and percent-decoding. The first byte picks the method. */
#include <assert.h>
#include <string.h>

#include "http/query.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route routes[] = {
	{ .method = METHOD_POST, ROUTE_AT("/api/v1/users") },
	{ .method = METHOD_GET, ROUTE_AT("/api/v1/users") },
	{ .method = METHOD_GET, ROUTE_AT("/api/v1/users/{id}") },
	{ .method = METHOD_DELETE, ROUTE_AT("/api/v1/users/{id}") },
	{ .method = METHOD_GET, ROUTE_AT("/api/v1/users/me") },
	{ .method = METHOD_PUT, ROUTE_AT("/api/v1/users/{id}/teams/{team}") },
	{ .method = METHOD_GET, ROUTE_AT("/{a}/{b}/{c}/{d}") },
};

static void check_decoded(struct str raw, struct str s)
{
	assert(s.p != NULL && s.n <= raw.n && s.p[s.n] == '\0');
	assert(memchr(s.p, '\0', s.n) == NULL && str_utf8(s));
}

static void check_match(const struct http_request *r, const struct route_match *m, struct arena *a)
{
	size_t params = 0;

	assert(m->route->method == r->method && (m->allowed & 1U << r->method) != 0);
	for (const char *p = m->route->path; (p = strchr(p, '{')) != NULL; p++)
		params++;
	assert(m->n == params);
	for (size_t i = 0; i < m->n; i++) {
		struct str v = m->params[i].value;

		check_decoded(r->path, v);
		assert(v.n > 0 && memchr(v.p, '/', v.n) == NULL);
		assert(!str_eq(v, STR(".")) && !str_eq(v, STR("..")));

		const char *name = arena_dup(a, m->params[i].name).p;

		assert(route_has_param(m->route, name) && str_eq(route_param(m, name), v));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;

	if (size == 0)
		return 0;
	if (a == NULL)
		a = arena_make(1 << 24, NULL, NULL);

	struct http_request r = {
		.method = (enum method)(data[0] % METHOD_COUNT),
		.known = data[0] < 0x80,
		.path = { (const char *)data + 1, size - 1 },
	};
	struct route_match m = { 0 };
	struct str out = { 0 };
	enum err e = route_find(routes, sizeof routes / sizeof *routes, &r, a, &m);

	assert(e == OK || e == ERR_NOT_FOUND || e == ERR_METHOD_NOT_ALLOWED);
	assert((e == OK) == (m.route != NULL) && (e == ERR_NOT_FOUND) == (m.allowed == 0));
	if (e == OK)
		check_match(&r, &m, a);

	struct str allow = route_allow(m.allowed, a);

	assert(str_eq(str_from_at(allow, allow.n - 7), STR("OPTIONS")));
	for (int plus = 0; plus < 2; plus++)
		if (percent_decode(r.path, plus, a, &out))
			check_decoded(r.path, out);
	arena_reset(a);
	return 0;
}
