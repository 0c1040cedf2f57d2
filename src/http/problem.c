/* SPDX-License-Identifier: MIT */
#include "http/problem.h"

static void member(struct buf *b, struct str prefix, struct str value)
{
	buf_add(b, prefix);
	buf_json(b, value);
}

/* [{"pointer", <detail>}] */
static void list(struct buf *b, const struct faults *faults, struct str detail)
{
	buf_char(b, '[');
	for (const struct fault *f = faults->first; f != NULL; f = f->next) {
		member(b, STR("{\"pointer\":"), f->pointer);
		member(b, detail, f->message);
		buf_add(b, f->next == NULL ? STR("}") : STR("},"));
	}
	buf_char(b, ']');
}

static bool any(const struct faults *f)
{
	return f != NULL && f->n > 0;
}

static void plain_write(struct buf *b, const struct problem *p, const struct err_row *row,
			struct str message)
{
	buf_add(b, STR("{\"error\":{\"status\":"));
	buf_i64(b, row->status);
	member(b, STR(",\"code\":"), str_from(row->code));
	member(b, STR(",\"message\":"), message);
	if (p->request_id.p != NULL)
		member(b, STR(",\"request_id\":"), p->request_id);
	if (any(p->faults)) {
		buf_add(b, STR(",\"fields\":"));
		list(b, p->faults, STR(",\"message\":"));
	}
	buf_add(b, STR("}}"));
}

static void rfc9457_write(struct buf *b, const struct problem *p, const struct err_row *row,
			  struct str message)
{
	member(b, STR("{\"type\":\"about:blank\",\"title\":"), str_from(row->title));
	buf_add(b, STR(",\"status\":"));
	buf_i64(b, row->status);
	member(b, STR(",\"detail\":"), message);
	member(b, STR(",\"code\":"), str_from(row->code));
	if (p->request_id.p != NULL)
		member(b, STR(",\"request_id\":"), p->request_id);
	if (any(p->faults)) {
		buf_add(b, STR(",\"errors\":"));
		list(b, p->faults, STR(",\"detail\":"));
	}
	buf_char(b, '}');
}

/* The message of the handler, or the only fault there is, or the title of the error. */
static struct str message_of(const struct problem *p, const struct err_row *row)
{
	if (p->message.p != NULL)
		return p->message;
	if (p->faults != NULL && p->faults->n == 1)
		return p->faults->first->message;
	return str_from(row->title);
}

void problem_write(struct http_reply *out, const struct problem *p)
{
	const struct err_row *row = err_row(p->err);
	struct str message = message_of(p, row);

	out->status = row->status;
	/* The text that a handler wrote before it failed is not the reply. */
	out->body.n = 0;
	if (p->rfc9457) {
		header_add(out, "Content-Type", STR("application/problem+json; charset=utf-8"));
		rfc9457_write(&out->body, p, row, message);
		return;
	}
	header_add(out, "Content-Type", STR("application/json; charset=utf-8"));
	plain_write(&out->body, p, row, message);
}
