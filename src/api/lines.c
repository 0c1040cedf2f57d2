/* SPDX-License-Identifier: MIT */
/* Replies of JSON texts, one a line, as many as there are: in pieces. */
#include "api/call.h"
#include "schema/json.h"

enum { LINES_AGAIN = 10 /* seconds; a reply in pieces takes its time */ };

enum err reply_begins(struct req *r)
{
	struct call *c = call_of(r);
	enum err e = c->exchange->reserve(c->exchange);

	if (e != ERR_BUSY)
		return e;
	r->refusal.retry_after = LINES_AGAIN;
	return problem(r, e, "too many are read at the moment, try again later");
}

static enum err lines_still(void *ctx)
{
	const struct call *c = ctx;

	return who_still(&c->req);
}

/* Sends the first lines of a reply. An error before them is a problem as any other. */
static enum err lines_first(struct call *c, struct str lines)
{
	c->reply->status = c->match.route->status;
	reply_head(c, OK);
	c->exchange->still = lines_still;
	c->exchange->still_ctx = c;
	return c->exchange->send(c->exchange, lines);
}

enum err reply_lines(struct req *r, const void *out, size_t n)
{
	struct call *c = call_of(r);
	const struct schema *s = c->match.route->out;
	struct buf b = buf_make(r->arena, 512);

	for (size_t i = 0; i < n; i++) {
		/* The first line tells how much room the others take. */
		if (i == 1)
			buf_room(&b, (n - 1) * b.n * 9 / 8);
		json_encode(s, (const char *)out + i * s->size, &b);
		buf_char(&b, '\n');
	}
	TRY(req_finish(r, OK));
	if (!c->exchange->began)
		return lines_first(c, buf_str(&b));
	return c->exchange->send(c->exchange, buf_str(&b));
}

bool reply_has_lines(const struct req *r)
{
	return !str_eq(call_of(r)->http->method_name, STR("HEAD"));
}
