/* SPDX-License-Identifier: MIT */
#include "api/wire.h"

#include <ctype.h>
#include <string.h>

#include "schema/json.h"

enum { ADDRESS_MAX = 45 /* characters of an IPv6 address */ };

/* The rule is that of nginx/postern-http.conf: other servers pass on what clients send. */
static bool request_id_harmless(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!isalnum((unsigned char)id.p[i]) &&
		    (id.p[i] == '\0' || strchr("._-", id.p[i]) == NULL))
			return false;
	return id.n >= 8 && id.n <= 64;
}

struct from call_from(const struct http_request *http, char id[static UUID_TEXT])
{
	struct from from = { .address = http->remote_addr,
			     .agent = http->user_agent,
			     .languages = http->accept_language,
			     .request_id = http->request_id };

	if (from.address.p == NULL || from.address.n > ADDRESS_MAX)
		from.address = STR("");
	if (!request_id_harmless(from.request_id))
		from.request_id = uuid_format(uuid_v7(), id);
	return from;
}

enum err reply(struct req *r, const void *out)
{
	struct call *c = call_of(r);
	const struct route *route = c->match.route;

	c->reply->status = route->status;
	if (route->shape == REPLY_ONE || route->shape == REPLY_PAGE)
		c->table->wire->encode(c, out);
	return OK;
}

enum err reply_list(struct req *r, const void *out, size_t n)
{
	struct call *c = call_of(r);

	c->reply->status = c->match.route->status;
	json_encode_list(c->match.route->out, out, n, &c->reply->body);
	return OK;
}

enum err reply_raw(struct req *r, struct str json)
{
	struct call *c = call_of(r);

	c->reply->status = c->match.route->status;
	buf_add(&c->reply->body, json);
	return OK;
}

void reply_head(struct call *c, enum err e)
{
	static const struct str types[] = {
		[REPLY_ONE] = STR("application/json; charset=utf-8"),
		[REPLY_LIST] = STR("application/json; charset=utf-8"),
		[REPLY_RAW] = STR("application/json; charset=utf-8"),
		[REPLY_LINES] = STR("application/x-ndjson"),
		[REPLY_PAGE] = STR("text/html; charset=utf-8"),
		[REPLY_SEE] = { 0 },
	};
	enum reply_shape shape = e == OK ? c->match.route->shape : REPLY_NONE;

	if (types[shape].p != NULL)
		header_add(c->reply, "Content-Type", types[shape]);
	/* The handler says who may keep its reply. */
	if (!header_has(c->reply, "Cache-Control"))
		header_add(c->reply, "Cache-Control",
			   shape == REPLY_RAW ? STR("no-cache") : STR("no-store"));
	/* nginx has the id in replies of its own, too, and so says it itself in all of them. */
	header_add(c->reply, "X-Request-Id", c->req.from.request_id);
}

void reply_header(struct req *r, const char *name, struct str value)
{
	header_add(call_of(r)->reply, name, value);
}

static void location(struct req *r, const char *format, va_list args)
{
	reply_header(r, "Location", path_here(r, arena_vprintf(r->arena, format, args).p));
}

void reply_at(struct req *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	location(r, format, args);
	va_end(args);
}

enum err reply_see(struct req *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	location(r, format, args);
	va_end(args);
	return reply(r, NULL);
}

/* The id of the struct at `row`: every list that comes in pages has one. */
static struct uuid id_at(const struct schema *s, const char *row)
{
	struct uuid id = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (s->fields[i].kind == KIND_UUID && strcmp(s->fields[i].name, "id") == 0)
			memcpy(&id, row + s->fields[i].offset, sizeof id);
	return id;
}

enum err reply_page(struct req *r, const void *out, size_t n, int32_t limit, struct str filter)
{
	const struct route *route = call_of(r)->match.route;
	char after[UUID_TEXT];

	if (n > 0 && n == (size_t)limit) {
		const char *last = (const char *)out + (n - 1) * route->out->size;

		reply_header(r, "Link",
			     arena_printf(r->arena, "<%s?limit=%d%.*s&after=%s>; rel=\"next\"",
					  path_here(r, route->path).p, limit, STR_ARG(filter),
					  uuid_format(id_at(route->out, last), after).p));
	}
	return reply_list(r, out, n);
}

struct str path_here(const struct req *r, const char *path)
{
	return arena_printf(r->arena, "%.*s%s", STR_ARG(call_of(r)->http->mount), path);
}
