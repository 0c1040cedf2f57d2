/* SPDX-License-Identifier: MIT */
#include "api/wire.h"

#include <string.h>

#include "http/accept.h"
#include "http/decode.h"
#include "http/problem.h"
#include "schema/json.h"

static enum err json_accept(struct call *c)
{
	struct accepted accepted = accept_parse(c->http->accept);

	if (c->match.route->shape == REPLY_NONE)
		return OK;
	if (c->match.route->shape == REPLY_LINES)
		return accepted.lines ? OK
				      : problem(&c->req, ERR_NOT_ACCEPTABLE,
						"only application/x-ndjson is available");
	return accepted.json ? OK : ERR_NOT_ACCEPTABLE;
}

static enum err check_media(struct call *c)
{
	switch (content_media(c->http->content_type)) {
	case MEDIA_JSON:
		return OK;
	case MEDIA_MERGE_PATCH:
		return c->http->method == METHOD_PATCH ? OK : ERR_UNSUPPORTED_MEDIA_TYPE;
	case MEDIA_CHARSET:
		return problem(&c->req, ERR_UNSUPPORTED_MEDIA_TYPE, "the charset must be UTF-8");
	case MEDIA_FORM:
	case MEDIA_OTHER:
		break;
	}
	return ERR_UNSUPPORTED_MEDIA_TYPE;
}

static enum err decode(struct call *c, void *in)
{
	const struct route *route = c->match.route;
	enum route_body body = route_body(route);

	if (body == BODY_REQUIRED || (body == BODY_OPTIONAL && c->http->body.n > 0))
		TRY(check_media(c));
	return json_decode(route->in, &c->match, c->http, c->req.arena, &c->req.refusal.faults, in);
}

static void encode(struct call *c, const void *out)
{
	json_encode(c->match.route->out, out, &c->reply->body);
}

/* Remedies, for the problems that one other request mends. */
static const struct remedy {
	enum err err;
	const char *operation; /* that refuses; NULL: any */
	const char *remedy;
} remedies[] = {
	{ ERR_STALE, NULL, "POST /api/v1/me/reauth" },
	{ ERR_PROOF_NEEDED, "user_put", "POST /api/v1/me/email" },
};

static struct str message_of(const struct call *c, enum err e)
{
	struct str message = c->req.refusal.message;
	const struct route *route = c->match.route;

	for (size_t i = 0; route != NULL && i < sizeof remedies / sizeof *remedies; i++) {
		const struct remedy *r = &remedies[i];

		if (r->err != e || (r->operation != NULL && strcmp(r->operation, route->name) != 0))
			continue;
		if (message.p == NULL)
			message = str_from(err_row(e)->title);
		return arena_printf(c->req.arena, "%.*s: %s", STR_ARG(message), r->remedy);
	}
	return message;
}

static void refuse(struct call *c, enum err e)
{
	struct problem p = { .err = e,
			     .message = message_of(c, e),
			     .request_id = c->req.from.request_id,
			     .faults = c->req.refusal.faults.n > 0 ? &c->req.refusal.faults : NULL,
			     .rfc9457 = accept_parse(c->http->accept).problem };

	problem_write(c->reply, &p);
}

const struct wire wire_json = { json_accept, decode, encode, refuse };
