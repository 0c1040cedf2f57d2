/* SPDX-License-Identifier: MIT */
#include "cred/identity.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
	DIGEST = 16, /* bytes; keyed, so nobody outside can aim at a collision */
	EMAIL = 62,  /* longer addresses are verified each time */
	ROLE = 14,
	WAYS = 8, /* tokens of one set: with half of the room in use hardly any set overflows */
	CLOCK_BACK = 60 /* seconds the clock may go back without doubt, as token_verify allows */
};

struct entry {
	uint8_t digest[DIGEST];
	struct uuid subject, token, session;
	int64_t expires;  /* 0: empty */
	int64_t verified; /* when: if the clock has gone back since, the token is judged anew */
	int32_t version;
	uint32_t generation; /* of the keys it was checked with */
	uint64_t used;	     /* when it was asked for last, by the cache's count */
	uint8_t email_length, role_length;
	char email[EMAIL], role[ROLE];
};

struct identity_cache {
	uint8_t key[crypto_generichash_KEYBYTES];
	size_t mask; /* of sets */
	uint64_t count;
	struct entry entries[];
};

struct identity_cache *identity_cache_make(size_t tokens)
{
	struct identity_cache *c = calloc(1, sizeof *c + tokens * sizeof *c->entries);

	if (c == NULL)
		return NULL;
	c->mask = tokens / WAYS - 1;
	randombytes_buf(c->key, sizeof c->key);
	return c;
}

void identity_cache_free(struct identity_cache *c)
{
	free(c);
}

/* The entry of a digest; where there is none, the entry of its set that was unused the longest. */
static struct entry *entry_of(struct identity_cache *c, const uint8_t digest[DIGEST])
{
	size_t at = 0;

	memcpy(&at, digest, sizeof at);

	struct entry *set = &c->entries[(at & c->mask) * WAYS], *oldest = set;

	for (struct entry *e = set; e < set + WAYS; e++) {
		if (e->expires != 0 && sodium_memcmp(e->digest, digest, DIGEST) == 0)
			return e;
		if (e->used < oldest->used)
			oldest = e;
	}
	return oldest;
}

static bool holds(const struct entry *e, const uint8_t digest[DIGEST], uint32_t generation)
{
	return e->expires != 0 && e->generation == generation &&
	       sodium_memcmp(e->digest, digest, DIGEST) == 0;
}

static void remember(struct entry *e, const uint8_t digest[DIGEST], const struct identity *id,
		     uint32_t generation, int64_t verified)
{
	if (id->email.n > EMAIL || id->role.n > ROLE)
		return;
	memcpy(e->digest, digest, DIGEST);
	e->subject = id->subject;
	e->token = id->token;
	e->session = id->session;
	e->version = id->version;
	e->generation = generation;
	e->verified = verified;
	e->expires = id->expires;
	e->email_length = (uint8_t)id->email.n;
	e->role_length = (uint8_t)id->role.n;
	memcpy(e->email, id->email.p, id->email.n);
	memcpy(e->role, id->role.p, id->role.n);
}

static void recall(const struct entry *e, struct arena *a, struct identity *out)
{
	*out = (struct identity){
		.subject = e->subject,
		.token = e->token,
		.session = e->session,
		.version = e->version,
		.expires = e->expires,
		.email = arena_dup(a, (struct str){ e->email, e->email_length }),
		.role = arena_dup(a, (struct str){ e->role, e->role_length }),
	};
}

static enum err verify(const struct keyring *keys, struct str token, struct instant now,
		       struct arena *a, struct identity *out)
{
	struct token_claims claims = { 0 };

	enum err e = token_verify(keyring_keys(keys), token, now, a, &claims);

	if (e == ERR_TOKEN_INVALID && keyring_behind(keys))
		return ERR_DB_UNAVAILABLE;
	TRY(e);
	out->email = claims.email;
	out->role = claims.role;
	out->expires = claims.expires;
	out->version = claims.version;
	if (!uuid_parse(claims.subject, &out->subject) || !uuid_parse(claims.id, &out->token) ||
	    !uuid_parse(claims.session, &out->session))
		return ERR_TOKEN_INVALID;
	return OK;
}

enum err identity_of(struct identity_cache *c, const struct keyring *keys, struct str token,
		     struct instant now, struct arena *a, struct identity *out)
{
	const int64_t seconds = now.us / 1000000;
	uint8_t digest[DIGEST];

	if (token.n > TOKEN_MAX)
		return ERR_TOKEN_INVALID;
	crypto_generichash(digest, sizeof digest, (const uint8_t *)token.p, token.n, c->key,
			   sizeof c->key);

	struct entry *e = entry_of(c, digest);

	if (holds(e, digest, keyring_generation(keys))) {
		e->used = ++c->count;
		if (e->expires <= seconds)
			return ERR_TOKEN_EXPIRED;
		if (e->verified <= seconds + CLOCK_BACK) {
			recall(e, a, out);
			return OK;
		}
	}
	TRY(verify(keys, token, now, a, out));
	remember(e, digest, out, keyring_generation(keys), seconds);
	e->used = ++c->count;
	return OK;
}
