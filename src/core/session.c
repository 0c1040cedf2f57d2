/* SPDX-License-Identifier: MIT */
/*
 * Sessions and their tokens. A refresh token names its session and how often it was exchanged
 * before; the session has the count that is good now. Whoever brings the one before it, a moment
 * later, gets the same successor; whoever brings an older one has stolen it, or was stolen from.
 */
#include "core/session.h"

#include "core/audit.h"
#include "core/device.h"
#include "core/outbox.h"
#include "core/revoke.h"
#include "cred/opaque.h"
#include "gen/sessions.h"

enum { SECOND_US = 1000000 };

/* The facts that a session's tokens are made of. ends: of the session. */
struct issue {
	struct account account;
	struct session_id session;
	uint32_t count;
	struct instant ends;
};

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * Has a keeper make all that a session needs, in one job; wishes[0] is the refresh token's, the
 * others are the caller's.
 */
static enum err sign(struct req *r, const struct issue *i, struct keeper_wish *wishes, size_t n,
		     struct tokens *out)
{
	char subject[UUID_TEXT], id[UUID_TEXT], sid[UUID_TEXT];
	struct opaque refresh = { .id = i->session.uuid, .count = i->count };
	struct keyring_signer key = { 0 };
	int64_t now = instant_now().us / SECOND_US;
	struct token_claims claims = {
		.subject = uuid_format(i->account.user.uuid, subject),
		.email = i->account.email,
		.role = user_role_word(i->account.role),
		.id = uuid_format(uuid_v7(), id),
		.session = uuid_format(i->session.uuid, sid),
		.version = i->account.version,
		.issued = now,
		.expires = now + out->access_s,
	};

	wishes[0] = (struct keeper_wish){ .purpose = "refresh",
					  .message = opaque_message(refresh, r->arena) };
	TRY(keyring_signer(r->app->keys, r->arena, &key));
	TRY(keeper_sign(r->app->keeper, &key, &claims, wishes, n, r->arena, &out->access));
	out->refresh = opaque_write(refresh, wishes[0].mac, r->arena);
	return OK;
}

/* Neither token outlives the session. */
static struct tokens tokens_of(struct req *r, const struct issue *i)
{
	const struct conf *c = r->app->conf;
	int64_t left = i->ends.us - instant_now().us;

	return (struct tokens){ .access_s = lesser(left, c->jwt_access_ttl) / SECOND_US,
				.refresh_s = lesser(left, c->sessions_idle) / SECOND_US };
}

/*
 * Ends what is beyond the user's share. What has begun stays begun, unless that is a transaction's
 * anyway; whoever is interrupted here leaves one too many, until the next one begins.
 */
static enum err end_oldest(struct req *r, struct user_id user)
{
	struct session_delete_oldest key = { .user_id = user,
					     .most = r->app->conf->sessions_per_user };
	struct ended_session_rows ended = { 0 };

	if (!db_in_transaction(r->db))
		db_settle(r->db);
	TRY(db_begin(r->db));
	TRY(session_delete_oldest(r->db, &key, &ended));
	for (size_t i = 0; i < ended.n; i++)
		revoke_session(r, user, ended.v[i].id);
	return OK;
}

enum err session_new(struct req *r, const struct account *a, const struct session_how *how,
		     struct tokens *out, struct str *device)
{
	const struct conf *c = r->app->conf;
	struct issue i = { .account = *a,
			   .session = session_id_new(),
			   .ends = { instant_now().us + c->sessions_absolute } };
	struct session_begin row = {
		.id = i.session,
		.user_id = a->user,
		.version = a->version,
		.idle_us = c->sessions_idle,
		.absolute_us = c->sessions_absolute,
		.cookie = how->cookie,
		.address = r->from.address,
		.user_agent = req_device(r),
		.audit_id = audit_id_new(),
		.request_id = r->from.request_id,
		.pair = how->guess.pair,
		.network = how->guess.network,
		.account = how->guess.account,
		.network_until = how->guess.network_until,
	};
	struct device_made known = device_make(a->user, a->version);
	struct keeper_wish wishes[] = { { 0 }, device_wish(r, &known) };
	struct tokens made = tokens_of(r, &i);
	struct begun_session_row begun = { 0 };

	TRY(sign(r, &i, wishes, 2, &made));

	enum err e = session_begin(r->db, &row, &begun);

	/* The password, the role or all of the user has changed since: look again. */
	if (e == ERR_NO_ROW)
		return ERR_RETRY;
	TRY(e);
	r->notes++;
	if (begun.others >= c->sessions_per_user)
		TRY(end_oldest(r, a->user));
	*out = made;
	*device = device_text(r, &known, wishes[1].mac);
	return OK;
}

/* Reads a refresh token whose MAC is right; ERR_REFRESH_INVALID of any other. */
static enum err read_refresh(struct req *r, struct str token, struct opaque *o)
{
	struct opaque_macs right = { 0 };
	struct opaque read = { 0 };
	struct str mac = { 0 };

	if (!opaque_read(token, r->arena, &read, &mac))
		return ERR_REFRESH_INVALID;
	TRY(keeper_macs(r->app->keeper, "refresh", opaque_message(read, r->arena), r->arena,
			&right));
	if (!opaque_mac_right(mac, &right))
		return ERR_REFRESH_INVALID;
	*o = read;
	return OK;
}

/* Finds the session that is meant, and its newest token: an older one would pass for stolen. */
static enum err choose_refresh(struct req *r, struct str_list tokens, struct opaque *o)
{
	struct opaque read = { 0 }, newest = { 0 };
	bool found = false;

	for (size_t i = 0; i < tokens.n; i++) {
		enum err e = read_refresh(r, tokens.v[i], &read);

		if (e == ERR_REFRESH_INVALID)
			continue;
		TRY(e);
		if (found && !uuid_eq(read.id, newest.id))
			return ERR_REFRESH_INVALID;
		if (!found || read.count > newest.count)
			newest = read;
		found = true;
	}
	if (!found)
		return ERR_REFRESH_INVALID;
	*o = newest;
	return OK;
}

/* Ends a session whose token was exchanged long ago: two have it, and one of them should not. */
static enum err end_stolen(struct req *r, struct opaque o)
{
	struct session_reused key = { .id = { o.id }, .counter = (int32_t)o.count };
	struct stolen_session_row session = { 0 };

	TRY(db_begin(r->db));

	enum err e = session_reused(r->db, &key, &session);

	if (e == ERR_NO_ROW)
		return ERR_REFRESH_INVALID;
	TRY(e);

	struct audit_note note = { .action = AUDIT_SESSION_REUSED,
				   .subject = session.user_id,
				   .session = session.id,
				   .detail = session.user_agent };
	struct mail mail = { .template = MAIL_KIND_SESSION_REUSED,
			     .recipient = session.email,
			     .locale = session.locale,
			     .proved = session.verified,
			     .words.name = session.name };

	revoke_session(r, session.user_id, session.id);
	TRY(audit_note(r, &note));
	TRY(mail_notice(r, &mail));
	r->commit = true;
	return ERR_REFRESH_REUSED;
}

enum err session_refresh(struct req *r, struct str_list tokens, bool cookie, struct tokens *out)
{
	const struct conf *c = r->app->conf;
	struct refreshed_row row = { 0 };
	struct opaque o = { 0 };

	TRY(choose_refresh(r, tokens, &o));

	struct session_rotate rotate = { .id = { o.id },
					 .counter = (int32_t)o.count,
					 .cookie = cookie,
					 .idle_us = c->sessions_idle,
					 .address = r->from.address };
	struct session_refreshed again = { .id = { o.id },
					   .counter = (int32_t)o.count,
					   .cookie = cookie,
					   .idle_us = c->sessions_idle,
					   .grace_us = c->sessions_grace };
	enum err e = session_rotate(r->db, &rotate, &row);

	if (e == ERR_NO_ROW)
		e = session_refreshed(r->db, &again, &row);
	if (e == ERR_NO_ROW)
		return end_stolen(r, o);
	TRY(e);

	struct issue i = { .account = { .user = row.user_id,
					.email = row.confirmed_email,
					.role = row.role,
					.version = row.token_version },
			   .session = row.id,
			   .count = (uint32_t)row.counter,
			   .ends = row.ends_at };
	struct keeper_wish wishes[1];
	struct tokens made = tokens_of(r, &i);

	TRY(sign(r, &i, wishes, 1, &made));
	*out = made;
	return OK;
}

enum err session_end(struct req *r, struct session_id id)
{
	struct session_logout key = { .id = id };
	struct ended_session_row session = { 0 };

	TRY(db_begin(r->db));

	enum err e = session_logout(r->db, &key, &session);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);

	struct audit_note note = { .action = AUDIT_SESSION_END,
				   .actor = session.user_id,
				   .subject = session.user_id,
				   .session = session.id };

	revoke_session(r, session.user_id, session.id);
	return audit_note(r, &note);
}

enum err session_end_of(struct req *r, struct str_list tokens, bool *known)
{
	struct opaque o = { 0 };
	bool any = false;

	for (size_t i = 0; i < tokens.n; i++) {
		enum err e = read_refresh(r, tokens.v[i], &o);

		if (e == ERR_REFRESH_INVALID)
			continue;
		TRY(e);
		TRY(session_end(r, (struct session_id){ o.id }));
		any = true;
	}
	*known = any;
	return OK;
}

enum err session_end_one(struct req *r, struct user_id user, struct session_id id)
{
	struct session_delete key = { .id = id, .user_id = user };
	struct audit_note note = { .action = AUDIT_SESSION_END, .subject = user, .session = id };
	struct ended_session_row ended = { 0 };
	char text[UUID_TEXT];

	TRY(db_begin(r->db));

	enum err e = session_delete(r->db, &key, &ended);

	if (e == ERR_NO_ROW)
		return problem(r, ERR_SESSION_NOT_FOUND, "session %s not found",
			       uuid_format(id.uuid, text).p);
	TRY(e);
	revoke_session(r, user, id);
	return audit_note(r, &note);
}

enum err session_end_all(struct req *r, struct user_id user, struct session_id keep)
{
	struct audit_note note = { .action = AUDIT_SESSION_END_ALL, .subject = user };
	size_t ended = 0;

	TRY(db_begin(r->db));
	TRY(revoke_sessions(r, user, keep, &ended));
	note.detail = arena_printf(r->arena, "%zu ended", ended);
	return audit_note(r, &note);
}
