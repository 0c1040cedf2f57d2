/* SPDX-License-Identifier: MIT */
#include "core/keys.h"

#include <sodium.h>

#include "base/log.h"
#include "core/audit.h"
#include "gen/signing_keys.h"

enum {
	SECOND_US = 1000000,
	SKEW_US = 60 * SECOND_US, /* that token_verify allows another host's clock */
	/* Time for workers to sign with it until the next key has settled, and for readings. */
	MARGIN_US = 60 * SECOND_US
};

/* The algorithm of the keys here; none with HS256, which has no keys. */
static enum key_algorithm algorithm_of(const struct conf *c)
{
	static const enum key_algorithm of[] = {
		[CONF_ES256] = KEY_ALGORITHM_ES256, [CONF_RS256] = KEY_ALGORITHM_RS256
	};

	return of[c->jwt_algorithm];
}

enum token_algorithm keys_algorithm(const struct conf *c)
{
	static const enum token_algorithm of[] = {
		[CONF_HS256] = TOKEN_HS256, [CONF_ES256] = TOKEN_ES256, [CONF_RS256] = TOKEN_RS256
	};

	return of[c->jwt_algorithm];
}

int64_t keys_keep(const struct conf *c)
{
	return c->jwt_access_ttl + SKEW_US + MARGIN_US;
}

/* Makes a key that is used for nothing else, and puts it on the ring. */
static bool throwaway(struct secret shared, struct keyring *ring, struct arena *a,
		      struct token_key *key)
{
	uint8_t secret[KEY_SECRET];
	struct key_pair pair = { 0 };

	*key = (struct token_key){ .secret = shared };
	if (!keyring_asymmetric(ring))
		return true;
	/* ES256 stands for RS256, too: making such a key would take long, and tells no more. */
	key->algorithm = TOKEN_ES256;
	randombytes_buf(secret, sizeof secret);
	if (key_pair_make(key->algorithm, secret, a, &pair) != OK ||
	    !key_pair_open(pair.private, secret, a, &key->secret))
		return false;
	key->kid = pair.kid;

	struct keyring_key row = { .kid = pair.kid,
				   .algorithm = token_algorithm_name(key->algorithm),
				   .active = true,
				   .pem = pair.pem,
				   .jwk = pair.jwk };

	return keyring_replace(ring, &row, 1);
}

static bool signs_and_verifies(const struct keyring_options *o, struct keyring *ring,
			       struct arena *a)
{
	struct token_key key = { 0 };
	int64_t now = instant_now().us / SECOND_US;
	struct token_claims claims = { .subject = STR("self"),
				       .email = STR("test"),
				       .role = STR("none"),
				       .id = STR("0"),
				       .session = STR("0"),
				       .issued = now,
				       .expires = now + 60 };
	struct str token = { 0 };

	return throwaway(o->secret, ring, a, &key) &&
	       token_sign(&key, o->issuer, &claims, a, &token) == OK &&
	       token_verify(keyring_keys(ring), token, instant_now(), a, &claims) == OK;
}

bool keys_work(const struct conf *c)
{
	uint8_t bytes[KEY_SECRET];
	/* Random bytes, not jwt_secret: libraries leave copies, which every child would inherit. */
	struct keyring_options o = { .algorithm = keys_algorithm(c),
				     .secret = { (const char *)bytes, sizeof bytes },
				     .issuer = c->jwt_issuer };
	struct keyring *ring = keyring_make(&o);
	struct arena *a = arena_make(64 * 1024, NULL, NULL);

	randombytes_buf(bytes, sizeof bytes);

	bool work = ring != NULL && a != NULL && signs_and_verifies(&o, ring, a);

	arena_free(a);
	keyring_free(ring);
	if (!work)
		log_error("master",
			  "access tokens cannot be made with jwt.algorithm and jwt.issuer");
	return work;
}

void keys_secret(const struct conf *c, uint8_t out[static KEY_SECRET])
{
	keeper_secret(c->secret_key, c->jwt_secret, out);
}

bool keys_secret_previous(const struct conf *c, uint8_t out[static KEY_SECRET])
{
	struct secret from = c->secret_key_previous;

	/* Workers have jwt_secret_previous: beside a secret_key it is taken only if somebody says
	 * so. */
	if (from.n == 0 && c->secret_key.n == 0)
		from = c->jwt_secret_previous;
	if (from.n == 0)
		return false;
	keeper_secret(from, (struct secret){ 0 }, out);
	return true;
}

static enum err note(struct req *r, enum audit_action action, struct str kid)
{
	struct audit_note n = { .action = action, .detail = kid };

	return audit_note(r, &n);
}

static enum err make(struct req *r, struct key_pair *out)
{
	const struct conf *c = r->app->conf;

	uint8_t secret[KEY_SECRET];

	if (r->app->keeper != NULL)
		return keeper_key(r->app->keeper, keys_algorithm(c), r->arena, out);
	keys_secret(c, secret);

	enum err e = key_pair_make(keys_algorithm(c), secret, r->arena, out);

	sodium_memzero(secret, sizeof secret);
	return e;
}

static enum err insert_next(struct req *r, const struct key_pair *k)
{
	struct signing_key_insert row = { .kid = k->kid,
					  .algorithm = algorithm_of(r->app->conf),
					  .public_pem = k->pem,
					  .public_jwk = k->jwk,
					  .private_key = k->private };
	int64_t inserted = 0;

	TRY(signing_key_insert(r->db, &row, &inserted));
	return inserted == 0 ? ERR_NO_ROW : note(r, AUDIT_KEY_NEW, k->kid);
}

/* Of several first keys at once one stays; the others' makers are told nothing: there is a key. */
static enum err insert_first(struct req *r, const struct key_pair *k)
{
	struct signing_key_insert_first row = { .kid = k->kid,
						.algorithm = algorithm_of(r->app->conf),
						.public_pem = k->pem,
						.public_jwk = k->jwk,
						.private_key = k->private };
	int64_t inserted = 0;

	TRY(signing_key_insert_first(r->db, &row, &inserted));
	return inserted == 0 ? OK : note(r, AUDIT_KEY_ACTIVATE, k->kid);
}

static enum err activate(struct req *r, enum key_algorithm algorithm, struct str kid)
{
	struct signing_key_retire_active old = { .algorithm = algorithm };
	struct signing_key_activate new = { .kid = kid };

	TRY(signing_key_retire_active(r->db, &old, NULL));
	TRY(signing_key_activate(r->db, &new, NULL));
	return note(r, AUDIT_KEY_ACTIVATE, kid);
}

/* Locks the set of keys: nobody else changes it until the transaction ends. */
static enum err begin(struct req *r)
{
	struct locked_row locked = { 0 };

	TRY(db_begin(r->db));
	return signing_key_lock(r->db, &locked);
}

enum due { DUE_NOTHING, DUE_FIRST, DUE_NEXT, DUE_ACTIVATE };

static enum due due(const struct conf *c, const struct key_ages_row *ages)
{
	int64_t after = c->keys_rotate_after, ahead = c->keys_publish_ahead;

	if (ages->active.n == 0)
		return DUE_FIRST;
	if (after == 0)
		return DUE_NOTHING;
	if (ages->next.n == 0)
		return ages->active_us >= after - ahead ? DUE_NEXT : DUE_NOTHING;
	return ages->active_us >= after && ages->next_us >= ahead ? DUE_ACTIVATE : DUE_NOTHING;
}

/* Forgets keys whose tokens have all expired. */
static enum err forget(struct req *r)
{
	struct signing_key_sweep old = { .keep_us = keys_keep(r->app->conf) };
	int64_t n = 0;

	TRY(db_begin(r->db));
	TRY(signing_key_sweep(r->db, &old, &n));
	if (n == 0)
		return OK;
	return note(r, AUDIT_KEY_FORGET, arena_printf(r->arena, "%lld retired ones", (long long)n));
}

enum err keys_rotate(struct req *r)
{
	const struct conf *c = r->app->conf;
	struct signing_key_ages in = { .algorithm = algorithm_of(c) };
	struct key_ages_row ages = { 0 };
	struct key_pair key = { 0 };

	if (keys_algorithm(c) == TOKEN_HS256)
		return OK;
	TRY(signing_key_ages(r->db, &in, &ages));

	enum due before = due(c, &ages);

	if (before == DUE_NOTHING)
		return forget(r);
	if (before != DUE_ACTIVATE)
		TRY(make(r, &key));
	TRY(begin(r));
	TRY(signing_key_ages(r->db, &in, &ages));
	/* Another process may have done it meanwhile; what is due then waits for the next time. */
	if (due(c, &ages) == before) {
		if (before == DUE_FIRST)
			TRY(insert_first(r, &key));
		else if (before == DUE_NEXT)
			TRY(insert_next(r, &key));
		else
			TRY(activate(r, algorithm_of(c), ages.next));
	}
	return forget(r);
}

enum err keys_new(struct req *r, enum key_start start, struct str *kid)
{
	struct key_pair key = { 0 };

	TRY(make(r, &key));
	TRY(begin(r));
	TRY(insert_next(r, &key));
	*kid = key.kid;
	return start == KEY_ACTIVE ? activate(r, algorithm_of(r->app->conf), key.kid) : OK;
}

enum err keys_activate(struct req *r, struct str kid)
{
	struct signing_key_by_kid key = { .kid = kid };
	struct signing_key_row row = { 0 };

	TRY(begin(r));
	TRY(signing_key_by_kid(r->db, &key, &row));
	if (row.state == KEY_STATE_ACTIVE)
		return OK;
	return row.state == KEY_STATE_NEXT ? activate(r, row.algorithm, kid) : ERR_INVALID;
}

enum err keys_retire(struct req *r, struct str kid, bool now)
{
	struct signing_key_by_kid key = { .kid = kid };
	struct signing_key_retire retire = { .kid = kid };
	struct signing_key_delete delete = { .kid = kid };
	struct signing_key_row row = { 0 };

	TRY(begin(r));
	TRY(signing_key_by_kid(r->db, &key, &row));
	if (row.state == KEY_STATE_ACTIVE && row.algorithm == algorithm_of(r->app->conf))
		return ERR_INVALID;
	TRY(now ? signing_key_delete(r->db, &delete, NULL)
		: signing_key_retire(r->db, &retire, NULL));
	return note(r, now ? AUDIT_KEY_DELETE : AUDIT_KEY_RETIRE, kid);
}

/* Both secrets while one takes the place of the other. */
struct seals {
	uint8_t now[KEY_SECRET], previous[KEY_SECRET];
	bool rotating;
};

/* Seals anew the keys that the previous secret has sealed, so that it can be forgotten. */
static enum err seal_anew(struct req *r, const struct seals *s)
{
	struct sealed_key_rows rows = { 0 };
	struct secret pem = { 0 };

	TRY(begin(r));
	TRY(signing_key_sealed(r->db, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		struct signing_key_seal row = { .kid = rows.v[i].kid };

		if (!key_pair_open(rows.v[i].private_key, s->previous, r->arena, &pem))
			continue;
		row.private_key = key_pair_seal(pem, s->now, r->arena);
		TRY(signing_key_seal(r->db, &row, NULL));
		TRY(note(r, AUDIT_KEY_SEAL, row.kid));
	}
	return OK;
}

static struct seals seals_of(const struct conf *c)
{
	struct seals s = { 0 };

	keys_secret(c, s.now);
	s.rotating = keys_secret_previous(c, s.previous);
	return s;
}

enum err keys_fit(struct req *r, bool *fit)
{
	const struct conf *c = r->app->conf;
	struct signing_key_active in = { .algorithm = algorithm_of(c) };
	struct active_key_row row = { 0 };
	struct secret pem = { 0 };

	*fit = true;
	if (keys_algorithm(c) == TOKEN_HS256)
		return OK;

	enum err e = signing_key_active(r->db, &in, &row);

	if (e == ERR_NO_ROW)
		return OK;
	TRY(e);

	struct seals s = seals_of(c);

	*fit = key_pair_open(row.private_key, s.now, r->arena, &pem) ||
	       (s.rotating && key_pair_open(row.private_key, s.previous, r->arena, &pem));
	sodium_memzero(&s, sizeof s);
	return OK;
}

/* The active key can be opened: keys_fit has seen that. */
static enum err make_or_seal(struct req *r, const struct seals *s)
{
	struct signing_key_active in = { .algorithm = algorithm_of(r->app->conf) };
	struct active_key_row row = { 0 };
	struct key_pair key = { 0 };

	if (s->rotating)
		TRY(seal_anew(r, s));

	enum err e = signing_key_active(r->db, &in, &row);

	if (e != ERR_NO_ROW)
		return e;
	TRY(make(r, &key));
	if (!s->rotating)
		TRY(db_begin(r->db));
	return insert_first(r, &key);
}

enum err keys_begin(struct req *r)
{
	struct seals s = seals_of(r->app->conf);
	enum err e = make_or_seal(r, &s);

	sodium_memzero(&s, sizeof s);
	return e;
}
