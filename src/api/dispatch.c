/* SPDX-License-Identifier: MIT */
#include "api/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "api/wire.h"
#include "base/log.h"
#include "base/random.h"
#include "core/limit.h"
#include "task/task.h"

enum {
	SECOND_US = 1000000,
	CLIENT_GONE = 499 /* in the log only; nginx's number for it */
};

const struct table *const tables[] = { &table_v1, &table_page, NULL };

/* The table whose paths begin like this one, whether the path exists or not: it says in which form
 * to answer. */
static const struct table *table_of(const struct http_request *http)
{
	struct str path = http->path_info.p != NULL ? http->path_info : http->path;
	const struct table *best = tables[0];

	for (size_t i = 1; tables[i] != NULL; i++)
		if (str_starts(path, str_from(tables[i]->under)))
			best = tables[i];
	return best;
}

static enum err find(struct call *c)
{
	enum err e = ERR_NOT_FOUND;

	for (size_t i = 0; e == ERR_NOT_FOUND && tables[i] != NULL; i++) {
		e = route_find(tables[i]->routes, tables[i]->n, c->http, c->req.arena, &c->match);
		if (e != ERR_NOT_FOUND)
			c->table = tables[i];
	}
	return e == ERR_INVALID
		       ? problem(&c->req, e, "PATH_INFO, SCRIPT_NAME and REQUEST_URI contradict")
		       : e;
}

static enum err authenticate(struct call *c)
{
	return c->match.route->access == ACCESS_ANYONE ? OK : who_asks(&c->req);
}

/* Whether the decoder takes {id} as a UUID, and so refuses any other text. */
static bool id_decoded(const struct route *route)
{
	for (size_t i = 0; i < route->in->n; i++)
		if (str_eq(str_from(route->in->fields[i].name), STR("id")))
			return route->in->fields[i].kind == KIND_UUID;
	return false;
}

/* Whether the {id} of the path is the user who asks. A row without an {id} is nobody's own. */
static enum err authorize_self(const struct call *c)
{
	struct str text = route_param(&c->match, "id");
	struct uuid id = { 0 };

	if (text.p == NULL || !id_decoded(c->match.route))
		return ERR_FORBIDDEN;
	/* A text that is no UUID goes no further than the decoder, which tells the fault. */
	if (!uuid_parse(text, &id))
		return OK;
	return uuid_eq(id, c->req.who.user.uuid) ? OK : ERR_FORBIDDEN;
}

static enum err authorize(const struct call *c)
{
	if (c->req.who.role == USER_ROLE_ADMIN)
		return OK;
	switch (c->match.route->access) {
	case ACCESS_ANYONE:
	case ACCESS_USER:
	case ACCESS_GATE:
		return OK;
	case ACCESS_SELF:
		return authorize_self(c);
	case ACCESS_ADMIN:
		break;
	}
	return ERR_FORBIDDEN;
}

static enum err check_body(struct call *c)
{
	struct str encoding = c->http->content_encoding;

	if (c->http->body.n > HTTP_BODY_MAX)
		return ERR_TOO_LARGE;
	/* RFC 9110 section 8.4: nothing here decodes; a guess would take one coding for another. */
	if (c->http->body.n > 0 && route_body(c->match.route) != BODY_NONE && encoding.n > 0 &&
	    !str_eq_nocase(encoding, STR("identity")))
		return problem(&c->req, ERR_UNSUPPORTED_MEDIA_TYPE,
			       "the body must not have a Content-Encoding");
	return OK;
}

/* One run of the handler. */
static enum err run(struct req *r, void *in)
{
	struct call *c = call_of(r);

	/* Lines that were sent cannot be taken back. */
	if (c->exchange->began)
		return ERR_BUSY;
	c->reply->headers.n = c->reply->body.n = 0;
	return c->match.route->run(r, in);
}

static enum err handle(struct call *c)
{
	TRY(find(c));
	TRY(c->table->wire->accept(c));
	TRY(authenticate(c));
	TRY(authorize(c));
	TRY(check_body(c));

	void *in = arena_alloc(c->req.arena, c->match.route->in->size);
	enum err e = c->table->wire->decode(c, in);

	if (e != OK)
		return c->match.route->access == ACCESS_GATE ? ERR_FORBIDDEN : e;
	if (route_changes(c->match.route))
		TRY(limit_change(&c->req, "change", c->req.who.user,
				 c->req.who.role == USER_ROLE_ADMIN));
	e = req_run(&c->req, run, in, REQ_TRIES);
	return e == ERR_RETRY ? problem(&c->req, ERR_BUSY, "too many changes at once, try again")
			      : e;
}

static void challenge(struct call *c, enum err e)
{
	struct str value = STR("Bearer realm=\"postern\"");

	/* RFC 6750 section 3.1: no error code when the request had no token at all. */
	if (e == ERR_TOKEN_INVALID || e == ERR_TOKEN_EXPIRED || e == ERR_TOKEN_REVOKED)
		value = arena_printf(c->req.arena,
				     "Bearer realm=\"postern\", error=\"invalid_token\","
				     " error_description=\"%s\"",
				     err_row(e)->title);
	/* RFC 9470 section 3: the token is good, and its user signed in too long ago. */
	if (e == ERR_STALE)
		value = arena_printf(c->req.arena,
				     "Bearer realm=\"postern\","
				     " error=\"insufficient_user_authentication\","
				     " error_description=\"%s\", max_age=\"%lld\"",
				     err_row(e)->title,
				     (long long)(c->req.app->conf->sessions_fresh / SECOND_US));
	header_add(c->reply, "WWW-Authenticate", value);
}

static void add_number(struct call *c, const char *name, int64_t value)
{
	header_add(c->reply, name, arena_printf(c->req.arena, "%lld", (long long)value));
}

/* RFC 9110 section 10.2.3; draft-ietf-httpapi-ratelimit-headers-06 section 3. */
static void tell_limits(struct call *c, int status)
{
	if (status == 429 || status == 503)
		add_number(c, "Retry-After",
			   c->req.refusal.retry_after > 0 ? c->req.refusal.retry_after : 1);
	if (c->req.refusal.quota.limit == 0)
		return;
	add_number(c, "RateLimit-Limit", c->req.refusal.quota.limit);
	add_number(c, "RateLimit-Remaining", c->req.refusal.quota.remaining);
	add_number(c, "RateLimit-Reset", c->req.refusal.quota.reset);
}

/* OpenAPI promises that there are no other errors. The client is answered all the same. */
static void hold_to_table(const struct route *route, enum err e)
{
	if (route == NULL || route_answers(route, e))
		return;
	log_error("http", "%s answers %s, which its row in routes.def does not have", route->name,
		  err_row(e)->code);
#ifdef POSTERN_SAN
	log_flush();
	abort();
#endif
}

static void refuse(struct call *c, enum err e)
{
	int status = err_row(e)->status;

	c->reply->headers.n = c->reply->body.n = 0;
	c->reply->status = status;
	c->table->wire->refuse(c, e);
	if (status == 401 || e == ERR_STALE)
		challenge(c, e);
	if (status == 405)
		header_add(c->reply, "Allow", route_allow(c->match.allowed, c->req.arena));
	/* RFC 5789 section 2.2. */
	if (status == 415 && c->http->method == METHOD_PATCH)
		header_add(c->reply, "Accept-Patch",
			   STR("application/merge-patch+json, application/json"));
	tell_limits(c, status);
}

/* The error that reaches the outside for one that happened inside. */
static enum err outward(enum err e)
{
	if (e == ERR_RETRY)
		return ERR_BUSY;
	return e == ERR_NO_ROW ? ERR_INTERNAL : e;
}

static void conclude(struct call *c, enum err e, struct http_exchange *x)
{
	if (e == ERR_CANCELLED || x->began) {
		x->dropped = e != OK;
		return;
	}
	if (e == ERR_METHOD_NOT_ALLOWED && str_eq(c->http->method_name, STR("OPTIONS"))) {
		c->reply->status = 204;
		header_add(c->reply, "Allow", route_allow(c->match.allowed, c->req.arena));
		header_add(c->reply, "X-Request-Id", c->req.from.request_id);
		return;
	}
	if (e != OK) {
		hold_to_table(c->match.route, e);
		refuse(c, e);
	}
	reply_head(c, e);
}

/*
 * Whether a request is worth a line: one that passed the gate is for another application, and nginx
 * has a line for it.
 */
static bool logs(const struct call *c, enum err e)
{
	bool passed = e == OK && c->match.route->access == ACCESS_GATE;

	return log_wants(passed ? LOG_DEBUG : LOG_INFO, "http");
}

static void log_end(const struct call *c, enum err e, int64_t began,
		    const struct log_context *context)
{
	struct str path = c->http->path;
	struct log_request line = {
		.method = c->http->method_name,
		.path = path.p != NULL ? path : c->http->path_info,
		.status = e == ERR_CANCELLED ? CLIENT_GONE : c->reply->status,
		.duration_us = ticks_us() - began,
	};

	if (e != OK && e != ERR_CANCELLED)
		line.code = str_from(err_row(e)->code);
	/* A refusal is written on the loop's own stack, which has no context. */
	log_context(context);
	log_request(&line);
	if (task_self() == NULL)
		log_context(NULL);
}

void dispatch(void *ctx, struct http_exchange *x)
{
	const struct dispatch *d = ctx;
	int64_t began = ticks_us();
	char id[UUID_TEXT], user[UUID_TEXT];
	struct call c = { .req = { .app = &d->app,
				   .arena = x->arena,
				   .from = call_from(&x->request, id),
				   .identify = who_asks },
			  .dispatch = d,
			  .table = table_of(&x->request),
			  .exchange = x,
			  .http = &x->request,
			  .reply = &x->reply };
	struct log_context context = { .request_id = c.req.from.request_id };
	enum err e = ERR_BUSY;

	task_log(&context);
	if (!x->overloaded) {
		c.req.db = db_open(d->pool, x->arena);
		e = outward(handle(&c));
	}
	if (c.match.route != NULL)
		context.route = str_from(c.match.route->name);
	if (!uuid_none(c.req.who.user.uuid))
		context.user_id = uuid_format(c.req.who.user.uuid, user);
	conclude(&c, e, x);
	if (logs(&c, e))
		log_end(&c, e, began, &context);
	task_log(NULL);
}
