/* SPDX-License-Identifier: MIT */
#include "core/proof.h"

#include <string.h>

#include "core/limit.h"
#include "core/outbox.h"
#include "core/password_rule.h"
#include "cred/opaque.h"
#include "cred/proof_text.h"
#include "gen/mail_budgets.h"

enum { TRIES = 5 };

static int64_t code_life(const struct req *r, int64_t link_us)
{
	int64_t code_us = r->app->conf->accounts_code_ttl;

	return code_us < link_us ? code_us : link_us;
}

enum err proof_make(struct req *r, const struct proof *p, struct proof_id *out)
{
	struct proof_insert row = {
		.id = proof_id_new(),
		.kind = p->kind,
		.user_id = p->user,
		.email_change_id = p->change,
		.link_us = p->link_us,
		.code_us = code_life(r, p->link_us),
	};

	*out = row.id;
	return proof_insert(r->db, &row, NULL);
}

enum err proof_address(struct req *r, struct str what, struct str email_key,
		       struct proof_address *out)
{
	struct str purpose = arena_printf(r->arena, "address:%.*s", STR_ARG(what)), mac = { 0 };

	TRY(mail_box(r, email_key, &out->mailbox));
	TRY(keeper_mac(r->app->keeper, purpose.p, email_key, r->arena, &mac));
	memcpy(out->asked.uuid.b, mac.p, sizeof out->asked.uuid.b);
	return OK;
}

enum err proof_order(struct req *r, const struct proof_address *first,
		     const struct proof_address *second)
{
	struct mail_budget_lock lock = { .mailbox = second->mailbox };
	struct mail_budget_row sent = { 0 };

	if (memcmp(first->mailbox.uuid.b, second->mailbox.uuid.b, sizeof lock.mailbox.uuid.b) <= 0)
		return OK;
	return mail_budget_lock(r->db, &lock, &sent);
}

enum err proof_ask(struct req *r, const struct proof_asked *p, struct asked_proof_row *out)
{
	const struct conf *c = r->app->conf;
	struct mail_budget_lock lock = { .mailbox = p->address.mailbox };
	struct mail_budget_row sent = { 0 };

	TRY(mail_budget_lock(r->db, &lock, &sent));

	struct proof_insert_asked row = {
		.id = proof_id_new(),
		.kind = p->kind,
		.user_id = p->user,
		.email_change_id = p->change,
		.address = p->address.asked,
		.mailbox = p->address.mailbox,
		.keep = p->keep,
		.mails = c->limits_mails,
		.hour_mails = sent.hour_mails,
		.hour_most = c->limits_address_mails,
		.day_mails = sent.day_mails,
		.day_most = c->limits_address_mails_day,
		.link_us = p->link_us,
		.code_us = code_life(r, p->link_us),
	};

	return proof_insert_asked(r->db, &row, out);
}

static enum err make_macs(struct req *r, enum proof_text what, enum proof_kind kind,
			  struct proof_id id, struct opaque_macs *right)
{
	return proof_macs(r->app->keeper, what, proof_kind_word(kind), id.uuid, r->arena, right);
}

static enum err wrong_link(struct req *r)
{
	return problem(r, ERR_PROOF_WRONG, "the link is wrong");
}

static enum err check_link(struct req *r, enum proof_kind kind, struct str token,
			   struct proof_row *out)
{
	struct opaque_macs right = { 0 };
	struct str mac = { 0 };
	struct opaque o = { 0 };

	if (!opaque_read(token, r->arena, &o, &mac) || o.count != 0)
		return wrong_link(r);

	struct proof_by_link key = { .id = { o.id }, .kind = kind };

	TRY(make_macs(r, PROOF_LINK, kind, key.id, &right));
	if (!opaque_mac_right(mac, &right))
		return wrong_link(r);

	enum err e = proof_by_link(r->db, &key, out);

	return e == ERR_NO_ROW ? ERR_PROOF_GONE : e;
}

static enum err check_code(struct req *r, enum proof_kind kind, const struct proof_given *g,
			   struct proof_row *out)
{
	struct proof_count_try key = { .id = g->id, .kind = kind, .tries = TRIES };
	struct opaque_macs right = { 0 };

	TRY(make_macs(r, PROOF_CODE, kind, g->id, &right));

	enum err e = proof_count_try(r->db, &key, out);

	if (e == ERR_NO_ROW)
		return ERR_PROOF_GONE;
	TRY(e);

	bool fits = code_right(g->code, &right, r->arena);

	/* A proof that was made for nobody was mailed to nobody, so the code was a guess. */
	return fits && !uuid_none(out->user_id.uuid) ? OK : ERR_PROOF_WRONG;
}

enum err proof_members(struct req *r, const struct proof_given *g, const char *prefix)
{
	bool id = !uuid_none(g->id.uuid), code = g->code.p != NULL;
	struct str at = arena_printf(r->arena, "/%s%s", prefix,
				     id && !code && g->token.p == NULL	 ? "code"
				     : code && !id && g->token.p == NULL ? "id"
									 : "token");

	if (g->token.p != NULL && (id || code))
		return fault(r, at.p, "give either %stoken, or %sid and %scode", prefix, prefix,
			     prefix);
	if (g->token.p != NULL)
		return OK;
	if (!id && !code)
		return fault(r, at.p, "%stoken, or %sid and %scode, is required", prefix, prefix,
			     prefix);
	if (!id)
		return fault(r, at.p, "%sid is required together with %scode", prefix, prefix);
	return code ? OK : fault(r, at.p, "%scode is required together with %sid", prefix, prefix);
}

/*
 * A link is looked at before anything is counted: whoever brings the right one gets in, whatever
 * others of the network have tried. Wrong ones are counted, and told to wait.
 */
static enum err try_link(struct req *r, enum proof_kind kind, struct str token,
			 struct proof_row *out)
{
	enum err e = check_link(r, kind, token, out);

	return e == ERR_PROOF_WRONG ? limit_code_wrong(r, "link", e) : e;
}

/*
 * A code is compared whatever others of the network have tried: the bounds of guessing are that a
 * proof takes five, counted before they are compared, and that proofs are asked for by mail. The
 * right one opens. A wrong one is counted for the network, and told to wait when those are many. A
 * proof that is gone, or never was, takes no code, and that is no guess.
 */
static enum err try_code(struct req *r, enum proof_kind kind, const struct proof_given *g,
			 struct proof_row *out)
{
	struct tried {
		bool right;
		struct proof_row row;
	} *tried = req_once(r, "code", sizeof *tried);

	if (!tried->right) {
		db_settle(r->db);

		enum err e = check_code(r, kind, g, out);

		/* The try stays counted; what follows is not its transaction. */
		db_settle(r->db);
		if (e == ERR_PROOF_WRONG)
			return limit_code_wrong(r, "code", e);
		TRY(e);
		*tried = (struct tried){ .right = true, .row = *out };
	}
	*out = tried->row;
	return OK;
}

enum err proof_check(struct req *r, enum proof_kind kind, const struct proof_given *g,
		     struct proof_row *out)
{
	TRY(proof_members(r, g, ""));
	return g->token.p != NULL ? try_link(r, kind, g->token, out) : try_code(r, kind, g, out);
}

enum err proof_password(struct req *r, const struct proof_given *g, struct user_id user,
			struct secret password, struct secret hash)
{
	bool fits = false;

	if (password.p != NULL) {
		TRY(password_fits(r, password, hash, &fits));
		return fits ? OK : ERR_PASSWORD_WRONG;
	}
	if (g->token.p == NULL)
		return OK;

	enum err e = req_who(r);

	/* Not knowing what was revoked is no reason to ask for a password. */
	if (e == ERR_DB_UNAVAILABLE)
		return e;
	return e == OK && uuid_eq(r->who.user.uuid, user.uuid) ? OK : ERR_PASSWORD_NEEDED;
}

enum err proof_spare(struct req *r, struct proof_id id)
{
	struct proof_spare_try key = { .id = id };

	return proof_spare_try(r->db, &key, NULL);
}

enum err proof_use(struct req *r, struct proof_id id)
{
	struct proof_mark_used key = { .id = id };
	int64_t used = 0;

	TRY(proof_mark_used(r->db, &key, &used));
	return used == 0 ? ERR_PROOF_GONE : OK;
}

enum err proof_void(struct req *r, struct user_id user)
{
	struct proof_mark_void key = { .user_id = user };

	return proof_mark_void(r->db, &key, NULL);
}
