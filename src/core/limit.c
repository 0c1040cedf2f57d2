/* SPDX-License-Identifier: MIT */
/* Counts for a network alone (wrong codes and links, requests that send mail), or for a user. */
#include "core/limit_parts.h"

#include <sodium.h>

#include "gen/attempts.h"
#include "text/network.h"

enum {
	SECOND_US = 1000000,
	MINUTE_US = 60 * SECOND_US,
	DAY_S = 86400, /* after that failures are forgotten: attempt_forget_at */
	DIGEST = 16    /* bytes */
};

struct str limit_key(struct req *r, const char *kind, struct str network, struct str account)
{
	struct str text = arena_printf(r->arena, "%s%c%.*s%c%.*s", kind, '\0', STR_ARG(network),
				       '\0', STR_ARG(account));
	unsigned char digest[DIGEST];
	char *hex = arena_alloc(r->arena, DIGEST * 2 + 1);

	crypto_generichash(digest, sizeof digest, (const unsigned char *)text.p, text.n, NULL, 0);
	sodium_bin2hex(hex, DIGEST * 2 + 1, digest, sizeof digest);
	return str_from(hex);
}

static int64_t seconds(int64_t us)
{
	return us > 0 ? (us + SECOND_US - 1) / SECOND_US : 0;
}

enum err limit_refuse(struct req *r, int64_t wait_us, int64_t limit)
{
	r->refusal.retry_after = wait_us > 0 ? seconds(wait_us) : 1;
	r->refusal.quota = (struct quota){ .limit = limit, .reset = r->refusal.retry_after };
	return ERR_TOO_MANY;
}

void limit_tell(struct req *r, int64_t limit, int64_t used, int64_t wait_us)
{
	bool left = used < limit && wait_us <= 0;

	r->refusal.quota = (struct quota){ .limit = limit,
					   .remaining = left ? limit - used : 0,
					   .reset = left ? DAY_S : seconds(wait_us) };
}

int64_t limit_tick(struct instant until, struct instant asked)
{
	return ticks_us() + until.us - asked.us;
}

/* The key of the network that the request comes from. */
static struct str network_key(struct req *r, const char *kind)
{
	char text[NETWORK_TEXT];

	return limit_key(r, kind, network_of(r->from.address, text), STR(""));
}

enum err limit_code_wrong(struct req *r, const char *what, enum err e)
{
	const struct conf *c = r->app->conf;
	struct throttle *t = r->app->throttle;
	struct attempt_code row = { .network = network_key(r, what),
				    .free = (int32_t)c->limits_network,
				    .longest_us = c->limits_delay };
	struct code_attempt_row out = { 0 };
	int64_t wait = throttle_wait(t, row.network, ticks_us());

	if (wait == 0)
		wait = throttle_take(t, row.network, ticks_us(), c->limits_network + 1);
	if (wait > 0)
		return limit_refuse(r, wait, c->limits_network);
	db_settle(r->db);

	enum err counted = attempt_code(r->db, &row, &out);

	if (counted != OK || !out.counted)
		throttle_give(t, row.network, ticks_us());
	TRY(counted);
	db_settle(r->db);
	throttle_block(t, row.network, ticks_us(), limit_tick(out.until, out.asked_at));
	if (out.counted)
		return e;
	return limit_refuse(r, out.until.us - out.asked_at.us, c->limits_network);
}

/* Counts one more under that key, of so many in an hour. */
static enum err count_mail(struct req *r, struct str key, int64_t most)
{
	struct attempt_mail row = { .network = key, .most = (int32_t)most };
	struct mail_attempt_row out = { 0 };
	int64_t wait = throttle_wait(r->app->throttle, row.network, ticks_us());
	bool *counted = req_once(r, "mail", sizeof *counted);

	if (*counted)
		return OK;
	if (wait > 0)
		return limit_refuse(r, wait, most);
	db_settle(r->db);
	TRY(attempt_mail(r->db, &row, &out));
	db_settle(r->db);
	*counted = out.counted;
	if (out.counted)
		return OK;
	throttle_block(r->app->throttle, row.network, ticks_us(),
		       limit_tick(out.until, out.asked_at));
	return limit_refuse(r, out.until.us - out.asked_at.us, most);
}

enum err limit_mail(struct req *r)
{
	return count_mail(r, network_key(r, "mail"), r->app->conf->limits_network_mails);
}

enum err limit_mail_apart(struct req *r, const char *what, struct uuid who)
{
	char id[UUID_TEXT];
	struct str key = limit_key(r, what, STR(""), uuid_format(who, id));

	r->refusal.retry_after = 0;
	r->refusal.quota = (struct quota){ 0 };
	return count_mail(r, key, r->app->conf->limits_mails);
}

enum err limit_mail_own(struct req *r, struct user_id user)
{
	enum err e = limit_mail(r);

	return e == ERR_TOO_MANY ? limit_mail_apart(r, "mail-user", user.uuid) : e;
}

enum err limit_change(struct req *r, const char *what, struct user_id user, bool admin)
{
	const struct conf *c = r->app->conf;
	int64_t most = admin ? c->limits_admin_changes : c->limits_changes;
	bool *counted = req_once(r, what, sizeof *counted);
	char id[UUID_TEXT];

	if (most == 0 || *counted)
		return OK;

	struct str key = limit_key(r, what, STR(""), uuid_format(user.uuid, id));
	int64_t wait = throttle_pace(r->app->throttle, key, ticks_us(), most, MINUTE_US);

	*counted = wait == 0;
	if (*counted)
		return OK;
	limit_refuse(r, wait, most);
	return problem(r, ERR_TOO_MANY, "too many changes, try again later");
}
