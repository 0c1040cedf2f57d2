/* SPDX-License-Identifier: MIT */
/*
 * A request as it comes out of FastCGI, against the routes of the product: path, query, body,
 * tokens, cookies, origin and device. The input is a line each for method, path, query,
 * Authorization, Cookie, Origin and User-Agent; what follows is the body.
 */
#include <assert.h>
#include <string.h>

#include "api/cookie.h"
#include "api/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It lies in what the client sent, and is not empty. */
static void within(struct str part, struct str whole)
{
	if (part.p == NULL)
		return;
	assert(part.n > 0 && part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_device(const struct req *r)
{
	struct str device = req_device(r), address = r->from.address, id = r->from.request_id;

	assert(str_utf8(device) && !str_has_controls(device) && device.n <= 255);
	assert(address.p != NULL && address.n <= 45);
	assert(id.n >= 8 && id.n <= 64);
}

/* What an operation's wire makes of it; what that refuses can be told. */
static void decode(struct call *c)
{
	void *in = arena_alloc(c->req.arena, c->match.route->in->size);
	struct http_reply reply = { .headers = buf_make(c->req.arena, 64),
				    .body = buf_make(c->req.arena, 64) };
	enum err e = c->table->wire->decode(c, in);

	assert((e != OK) || c->req.refusal.faults.n == 0);
	if (e == OK)
		return;
	c->reply = &reply;
	c->table->wire->refuse(c, e);
	assert(reply.body.n > 0 && reply.body.n < HTTP_REPLY_MAX / 2 &&
	       str_utf8(buf_str(&reply.body)));
}

static enum err find(struct call *c)
{
	enum err e = ERR_NOT_FOUND;

	for (const struct table *const *t = tables; *t != NULL && e == ERR_NOT_FOUND; t++) {
		c->table = *t;
		e = route_find((*t)->routes, (*t)->n, c->http, c->req.arena, &c->match);
	}
	return e;
}

static const struct route person = { .access = ACCESS_USER };

/* What goes on to an application has no cookie of ours, and all others. */
static void check_foreign(const struct req *r)
{
	struct call again = *call_of(r);
	struct http_request left = *again.http;

	again.http = &left;
	left.cookie = cookie_foreign(r);
	assert(left.cookie.n <= 2 * call_of(r)->http->cookie.n);
	assert(cookie_refresh(&again.req).n == 0 && cookie_access(&again.req).n == 0);
	assert(cookie_devices(&again.req).n == 0);
	assert(str_eq(cookie_foreign(&again.req), left.cookie));
	left.authorization = who_foreign(r);
	again.match.route = &person;
	assert(who_asks(&again.req) == ERR_UNAUTHENTICATED);
}

static void each_within(struct str_list list, struct str header)
{
	for (size_t i = 0; i < list.n; i++)
		within(list.v[i], header);
}

static void credentials(struct req *r)
{
	const struct http_request *http = call_of(r)->http;

	check_foreign(r);
	each_within(cookie_refresh(r), http->cookie);
	each_within(cookie_access(r), http->cookie);
	if (cookie_origin(r) == OK)
		assert(str_eq(http->origin, STR("https://accounts.example.org")) ||
		       str_eq(http->origin, STR("https://app.example.org")) ||
		       str_eq(http->origin, STR("https://b.example")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	static const struct conf conf = {
		.sessions_access_cookie = true,
		.server_public_url = { "https://accounts.example.org/x", 30 },
		.server_origins = { "https://app.example.org, https://b.example", 42 },
	};
	static const struct app app = { .conf = &conf };

	static struct dispatch dispatch;
	static struct arena *templates;

	if (a == NULL) {
		a = arena_make(1 << 24, NULL, NULL);
		templates = arena_make(1 << 20, NULL, NULL);
		dispatch.page = page_template(templates);
	}
	if (size > HTTP_BODY_MAX)
		return 0;

	struct http_request h = { 0 };
	struct str rest = arena_dup(a, (struct str){ (const char *)data, size });
	struct str *const lines[] = { &h.method_name, &h.path,	 &h.query,     &h.authorization,
				      &h.cookie,      &h.origin, &h.user_agent };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (!str_split(&rest, '\n', lines[i]))
			*lines[i] = STR("");
	h.body = rest.p == NULL ? STR("") : rest;
	h.remote_addr = h.fetch_site = h.origin;
	h.content_type = str_starts(h.path, STR("/account/"))
				 ? STR("application/x-www-form-urlencoded")
				 : STR("application/json");
	h.known = method_find(h.method_name, &h.method);

	char id[UUID_TEXT];
	struct call c = { .req = { .app = &app, .from = call_from(&h, id), .arena = a },
			  .dispatch = &dispatch,
			  .http = &h };

	check_device(&c.req);
	if (find(&c) == OK) {
		credentials(&c.req);
		decode(&c);
	} else {
		assert(route_allow(c.match.allowed, a).n > 0);
	}
	arena_reset(a);
	return 0;
}
