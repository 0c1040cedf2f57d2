/* SPDX-License-Identifier: MIT */
#include "serve/dispatch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "http/accept.h"
#include "http/decode.h"
#include "http/problem.h"
#include "task/task.h"

enum {
	TRIES = 6, /* a transaction that lost a race is run again, so often */
	JITTER_US = 20000,
	SECOND_US = 1000000,
	CLIENT_GONE = 499 /* in the log only; nginx's number for it */
};

static enum err authenticate(struct req *r)
{
	return r->match.route->access == ACCESS_ANYONE ? OK : who_asks(r);
}

/* Whether the decoder takes {id} as a UUID, and so refuses what is none. */
static bool id_decoded(const struct route *route)
{
	for (size_t i = 0; i < route->in->n; i++)
		if (str_eq(str_from(route->in->fields[i].name), STR("id")))
			return route->in->fields[i].kind == KIND_UUID;
	return false;
}

/* Whether the {id} of the path is who asks. A row without one is nobody's own. */
static enum err authorize_self(const struct req *r)
{
	struct str text = route_param(&r->match, "id");
	struct uuid id = { 0 };

	if (text.p == NULL || !id_decoded(r->match.route))
		return ERR_FORBIDDEN;
	/* What is no UUID goes no further than the decoder, which tells the fault. */
	if (!uuid_parse(text, &id))
		return OK;
	return uuid_eq(id, r->who.user.uuid) ? OK : ERR_FORBIDDEN;
}

static enum err authorize(const struct req *r)
{
	if (r->who.role == USER_ROLE_ADMIN)
		return OK;
	switch (r->match.route->access) {
	case ACCESS_ANYONE:
	case ACCESS_USER:
	case ACCESS_GATE:
		return OK;
	case ACCESS_SELF:
		return authorize_self(r);
	case ACCESS_ADMIN:
		break;
	}
	return ERR_FORBIDDEN;
}

static enum err check_body(struct req *r)
{
	enum json_body body = json_body(r->match.route);
	struct str encoding = r->http->content_encoding;

	if (r->http->body.n > HTTP_BODY_MAX)
		return ERR_TOO_LARGE;
	if (body == JSON_BODY_NONE || (body == JSON_BODY_OPTIONAL && r->http->body.n == 0))
		return OK;
	/* RFC 9110 section 8.4: nothing here decodes, and guessing would take the one for the
	 * other. */
	if (encoding.n > 0 && !str_eq_nocase(encoding, STR("identity")))
		return problem(r, ERR_UNSUPPORTED_MEDIA_TYPE,
			       "the body must not have a Content-Encoding");
	switch (content_media(r->http->content_type)) {
	case MEDIA_JSON:
		return OK;
	case MEDIA_MERGE_PATCH:
		return r->http->method == METHOD_PATCH ? OK : ERR_UNSUPPORTED_MEDIA_TYPE;
	case MEDIA_CHARSET:
		return problem(r, ERR_UNSUPPORTED_MEDIA_TYPE, "the charset must be UTF-8");
	case MEDIA_OTHER:
		break;
	}
	return ERR_UNSUPPORTED_MEDIA_TYPE;
}

/* Ends the handler's transaction. A refusal may have something to keep: see req.commit. */
static enum err finish(struct req *r, enum err e)
{
	enum err finished = db_finish(r->db, r->commit ? OK : e);

	if (finished == OK) {
		revoke_publish(r);
		limit_publish(r);
	}
	return finished == OK ? e : finished;
}

/* What a run has said that did not count is not said. */
static void forget_run(struct req *r)
{
	r->reply->headers.n = r->reply->body.n = 0;
	r->faults = (struct faults){ 0 };
	r->message = (struct str){ 0 };
	r->quota = (struct quota){ 0 };
	r->retry_after = 0;
	r->revoking = NULL;
	r->commit = r->right = false;
}

/* Runs the handler, again if the database asks for it. The one place that does. */
static enum err run(struct req *r, const void *in)
{
	enum err e = OK;

	for (int i = 0; i < TRIES; i++) {
		if (i > 0)
			TRY(task_sleep_us(1 + random_below((int64_t)JITTER_US << i)));
		forget_run(r);
		e = finish(r, r->match.route->run(r, in));
		if (e != ERR_RETRY)
			return e;
	}
	limit_give_up(r);
	return problem(r, ERR_BUSY, "too many changes at once, try again");
}

static enum err handle(struct req *r)
{
	enum err found = route_find(routes, routes_count, r->http, r->arena, &r->match);

	if (found == ERR_INVALID)
		return problem(r, found, "PATH_INFO, SCRIPT_NAME and REQUEST_URI contradict");
	TRY(found);
	if (r->match.route->shape != REPLY_NONE && !accept_parse(r->http->accept).json)
		return ERR_NOT_ACCEPTABLE;
	TRY(authenticate(r));
	TRY(authorize(r));
	TRY(check_body(r));

	const struct schema *schema = r->match.route->in;
	void *in = arena_alloc(r->arena, schema->size);
	enum err e = json_decode(schema, &r->match, r->http, r->arena, &r->faults, in);

	if (e != OK)
		return r->match.route->access == ACCESS_GATE ? ERR_FORBIDDEN : e;
	if (route_changes(r->match.route))
		TRY(limit_change(r, "change", r->who.user, r->who.role == USER_ROLE_ADMIN));
	return run(r, in);
}

static void challenge(struct req *r, enum err e)
{
	struct str value = STR("Bearer realm=\"postern\"");

	/* RFC 6750 section 3.1: no error code when the request had no token at all. */
	if (e == ERR_TOKEN_INVALID || e == ERR_TOKEN_EXPIRED || e == ERR_TOKEN_REVOKED)
		value = arena_printf(r->arena,
				     "Bearer realm=\"postern\", error=\"invalid_token\","
				     " error_description=\"%s\"",
				     err_row(e)->title);
	/* RFC 9470 section 3: the token is good, and who has it signed in too long ago. */
	if (e == ERR_STALE)
		value = arena_printf(r->arena,
				     "Bearer realm=\"postern\","
				     " error=\"insufficient_user_authentication\","
				     " error_description=\"%s\", max_age=\"%lld\"",
				     err_row(e)->title,
				     (long long)(r->app->conf->sessions_fresh / SECOND_US));
	header_add(r->reply, "WWW-Authenticate", value);
}

static void add_number(struct req *r, const char *name, int64_t value)
{
	header_add(r->reply, name, arena_printf(r->arena, "%lld", (long long)value));
}

/* RFC 9110 section 10.2.3; draft-ietf-httpapi-ratelimit-headers-06 section 3. */
static void tell_limits(struct req *r, int status)
{
	if (status == 429 || status == 503)
		add_number(r, "Retry-After", r->retry_after > 0 ? r->retry_after : 1);
	if (r->quota.limit == 0)
		return;
	add_number(r, "RateLimit-Limit", r->quota.limit);
	add_number(r, "RateLimit-Remaining", r->quota.remaining);
	add_number(r, "RateLimit-Reset", r->quota.reset);
}

/* OpenAPI promises that there are no others. Who asks is answered all the same. */
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

static void write_problem(struct req *r, enum err e)
{
	struct problem p = { .err = e,
			     .message = r->message,
			     .request_id = r->request_id,
			     .faults = r->faults.n > 0 ? &r->faults : NULL,
			     .rfc9457 = accept_parse(r->http->accept).problem };
	int status = err_row(e)->status;

	r->reply->headers.n = r->reply->body.n = 0;
	problem_write(r->reply, &p);
	if (status == 401 || e == ERR_STALE)
		challenge(r, e);
	if (status == 405)
		header_add(r->reply, "Allow", route_allow(r->match.allowed, r->arena));
	/* RFC 5789 section 2.2. */
	if (status == 415 && r->http->method == METHOD_PATCH)
		header_add(r->reply, "Accept-Patch",
			   STR("application/merge-patch+json, application/json"));
	tell_limits(r, status);
}

/* What reaches the outside of what happened inside. */
static enum err outward(enum err e)
{
	if (e == ERR_RETRY)
		return ERR_BUSY;
	return e == ERR_NO_ROW ? ERR_INTERNAL : e;
}

static void conclude(struct req *r, enum err e, struct http_exchange *x)
{
	const struct route *route = r->match.route;

	if (e == ERR_CANCELLED) {
		x->dropped = true;
		return;
	}
	if (e == ERR_METHOD_NOT_ALLOWED && str_eq(r->http->method_name, STR("OPTIONS"))) {
		r->reply->status = 204;
		header_add(r->reply, "Allow", route_allow(r->match.allowed, r->arena));
		return;
	}
	if (e != OK) {
		hold_to_table(route, e);
		write_problem(r, e);
	} else if (route->shape != REPLY_NONE)
		header_add(r->reply, "Content-Type", STR("application/json; charset=utf-8"));
	/* Who may keep a reply its handler says. */
	if (!header_has(r->reply, "Cache-Control"))
		header_add(r->reply, "Cache-Control",
			   e == OK && route->shape == REPLY_RAW ? STR("no-cache")
								: STR("no-store"));
}

/*
 * Whether a request is worth a line: what passed the gate is one of another application, and nginx
 * has a line for it.
 */
static bool logs(const struct req *r, enum err e)
{
	bool passed = e == OK && r->match.route->access == ACCESS_GATE;

	return log_wants(passed ? LOG_DEBUG : LOG_INFO, "http");
}

static void log_end(const struct req *r, enum err e, int64_t began,
		    const struct log_context *context)
{
	struct str path = r->http->path;
	struct log_request line = {
		.method = r->http->method_name,
		.path = path.p != NULL ? path : r->http->path_info,
		.status = e == ERR_CANCELLED ? CLIENT_GONE : r->reply->status,
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

/* As nginx/postern-http.conf has it: other servers pass on what clients send. */
static bool request_id_harmless(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!isalnum((unsigned char)id.p[i]) &&
		    (id.p[i] == '\0' || strchr("._-", id.p[i]) == NULL))
			return false;
	return id.n >= 8 && id.n <= 64;
}

void dispatch(void *ctx, struct http_exchange *x)
{
	struct dispatch *d = ctx;
	int64_t began = ticks_us();
	char id[UUID_TEXT], user[UUID_TEXT];
	struct req r = {
		.app = &d->app, .http = &x->request, .reply = &x->reply, .arena = x->arena
	};
	struct log_context context = { 0 };

	r.request_id = x->request.request_id;
	if (!request_id_harmless(r.request_id))
		r.request_id = uuid_format(uuid_v7(), id);
	context.request_id = r.request_id;
	task_log(&context);

	enum err e = ERR_BUSY;

	if (!x->overloaded) {
		r.db = db_open(d->pool, x->arena);
		e = outward(handle(&r));
	}
	if (r.match.route != NULL)
		context.route = str_from(r.match.route->name);
	if (!uuid_none(r.who.user.uuid))
		context.user_id = uuid_format(r.who.user.uuid, user);
	conclude(&r, e, x);
	/* nginx has it in the replies of its own as well, and so says it itself in all of them. */
	header_add(r.reply, "X-Request-Id", r.request_id);
	if (logs(&r, e))
		log_end(&r, e, began, &context);
	task_log(NULL);
}
