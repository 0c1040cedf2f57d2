/* SPDX-License-Identifier: MIT */
#include "api/page/page.h"

#include "api/wire.h"
#include "http/accept.h"
#include "http/decode.h"

enum { KEPT_MAX = 1024 /* bytes */ };

/* HTML is all there is, so whoever says that it takes none gets it too (RFC 9110
 * section 12.4.1). */
static enum err page_accept(struct call *c)
{
	(void)c;
	return OK;
}

/*
 * Fetch Metadata: a form that another site has its visitors send. Origin does not tell, for it is
 * null where the page says no-referrer. Who has no Sec-Fetch-Site is no browser of these years.
 */
static enum err check_site(struct call *c)
{
	struct str site = c->http->fetch_site;

	if (site.n == 0 || str_eq(site, STR("same-origin")) || str_eq(site, STR("none")))
		return OK;
	return ERR_ORIGIN_REFUSED;
}

static enum err decode(struct call *c, void *in)
{
	const struct route *route = c->match.route;

	if (route_body(route) != BODY_NONE) {
		if (content_media(c->http->content_type) != MEDIA_FORM)
			return ERR_UNSUPPORTED_MEDIA_TYPE;
		TRY(check_site(c));
	}
	return form_decode(route->in, &c->match, c->http, c->req.arena, &c->req.refusal.faults, in);
}

static void encode(struct call *c, const void *out)
{
	const struct page *p = out;
	struct page page = *p;

	if (page.done == TEXT_NONE && page.token.n == 0)
		page.failed = page_say(c, TEXT_NO_TOKEN);
	page_show(c, &page);
}

static enum text text_of(enum err e)
{
	switch (e) {
	case ERR_PROOF_GONE:
		return TEXT_PROOF_GONE;
	case ERR_PROOF_WRONG:
		return TEXT_PROOF_WRONG;
	case ERR_PASSWORD_WRONG:
		return TEXT_PASSWORD_WRONG;
	case ERR_PASSWORD_NEEDED:
		return TEXT_PASSWORD_NEEDED;
	case ERR_PROOF_NEEDED:
		return TEXT_PROOF_NEEDED;
	case ERR_EMAIL_TAKEN:
		return TEXT_EMAIL_TAKEN;
	case ERR_EMAIL_UNVERIFIED:
		return TEXT_EMAIL_UNVERIFIED;
	case ERR_BAD_CREDENTIALS:
		return TEXT_BAD_CREDENTIALS;
	case ERR_ACCOUNT_DISABLED:
		return TEXT_ACCOUNT_DISABLED;
	case ERR_NOT_FOUND:
		return TEXT_NOT_FOUND;
	case ERR_METHOD_NOT_ALLOWED:
	case ERR_UNSUPPORTED_MEDIA_TYPE:
	case ERR_TOO_LARGE:
		return TEXT_METHOD_NOT_ALLOWED;
	case ERR_ORIGIN_REFUSED:
		return TEXT_ORIGIN_REFUSED;
	default:
		return TEXT_LATER;
	}
}

/* The first fault of the input, and which field it is of. */
static void tell_fault(struct call *c, struct page *p)
{
	const struct fault *f = c->req.refusal.faults.first;
	enum text text = TEXT_REFUSED;

	p->wrong = str_from_at(f->pointer, f->pointer.n > 0);
	if (str_eq(f->pointer, STR("/token"))) {
		p->failed = page_say(c, TEXT_NO_TOKEN);
		return;
	}
	if (str_eq(f->pointer, STR("/password")) || str_eq(f->pointer, STR("/new_password")))
		text = TEXT_BAD_PASSWORD;
	p->failed = arena_printf(c->req.arena, "%s%s.", page_say(c, text).p, f->message.p);
}

/* The value of a field of the form; null for one that is longer than any may be, for a reply has
 * its bounds, too. */
static struct str kept(const struct call *c, struct str name)
{
	struct str value = form_value(c->http->body, name, c->req.arena);

	return value.n <= KEPT_MAX ? value : (struct str){ 0 };
}

/* The form again, with what was in it but for passwords, where another try may be better. */
static void keep_form(struct call *c, enum err e, struct page *p)
{
	if (c->match.route == NULL || route_body(c->match.route) == BODY_NONE ||
	    e == ERR_PROOF_GONE || e == ERR_PROOF_WRONG || e == ERR_ORIGIN_REFUSED)
		return;
	p->token = kept(c, STR("token"));
	p->email = kept(c, STR("email"));
	if (e == ERR_PASSWORD_WRONG || e == ERR_BAD_CREDENTIALS || e == ERR_PASSWORD_NEEDED)
		p->wrong = STR("password");
}

static void refuse(struct call *c, enum err e)
{
	struct str path = c->http->path_info.p != NULL ? c->http->path_info : c->http->path;
	struct page p = { .kind = page_kind(path) };

	keep_form(c, e, &p);
	if (e == ERR_INVALID && c->req.refusal.faults.n > 0)
		tell_fault(c, &p);
	else if (e == ERR_TOO_MANY)
		p.failed = arena_printf(c->req.arena, "%s%lld.", page_say(c, TEXT_TOO_MANY).p,
					(long long)(c->req.refusal.retry_after > 0
							    ? c->req.refusal.retry_after
							    : 1));
	else
		p.failed = page_say(c, text_of(e));
	header_add(c->reply, "Content-Type", STR("text/html; charset=utf-8"));
	page_show(c, &p);
}

const struct wire wire_page = { page_accept, decode, encode, refuse };
