/* SPDX-License-Identifier: MIT */
/* The jobs that a worker asks keepers to do. */
#include <assert.h>

#include "cred/keeper_job.h"

enum {
	TEXT_MAX = 2048, /* a token or a hash */
	MACS_MAX = 2 * KEEPER_MAC + 1,
	KEY_MAX = KEEPER_DATAGRAM
};

static struct str open_secret(struct secret s)
{
	return (struct str){ s.p, s.n };
}

enum err keeper_hash(struct keeper *k, const struct keeper_password *p, struct arena *a,
		     struct secret *hash, bool *weak)
{
	struct waiting w = { .header = { .kind = JOB_HASH, .judge = p->words.p != NULL },
			     .parts = { open_secret(p->password), p->words },
			     .room = arena_alloc(a, TEXT_MAX),
			     .room_size = TEXT_MAX };

	TRY(keeper_ask(k, &w));
	if (weak != NULL)
		*weak = w.result == ANSWER_NO;
	*hash = (struct secret){ w.text.p, w.text.n };
	return OK;
}

enum err keeper_verify(struct keeper *k, struct secret password, struct secret hash, bool *fits)
{
	struct waiting w = { .header.kind = JOB_VERIFY,
			     .parts = { open_secret(password), open_secret(hash) } };

	TRY(keeper_ask(k, &w));
	*fits = w.result == ANSWER_DONE;
	return OK;
}

enum err keeper_sign(struct keeper *k, const struct keyring_signer *key,
		     const struct token_claims *claims, struct keeper_wish *wishes, size_t n,
		     struct arena *a, struct str *token)
{
	struct waiting w = { .header = { .kind = JOB_SIGN,
					 .issued = claims->issued,
					 .expires = claims->expires,
					 .algorithm = key->algorithm,
					 .version = claims->version },
			     .parts = { claims->subject, claims->email, claims->role, claims->id,
					claims->session, key->kid, open_secret(key->private) },
			     .room = arena_alloc(a, TEXT_MAX),
			     .room_size = TEXT_MAX };

	assert(n <= KEEPER_WISHES_MAX);
	for (size_t i = 0; i < n; i++) {
		w.parts[JOB_WISHES + 2 * i] = str_from(wishes[i].purpose);
		w.parts[JOB_WISHES + 2 * i + 1] = wishes[i].message;
	}
	TRY(keeper_ask(k, &w));
	if (w.text.n < n * KEEPER_MAC)
		return ERR_INTERNAL;
	for (size_t i = 0; i < n; i++)
		wishes[i].mac = (struct str){ w.text.p + i * KEEPER_MAC, KEEPER_MAC };
	*token = str_from_at(w.text, n * KEEPER_MAC);
	return OK;
}

enum err keeper_macs(struct keeper *k, const char *purpose, struct str message, struct arena *a,
		     struct opaque_macs *out)
{
	struct waiting w = { .header.kind = JOB_MAC,
			     .parts = { str_from(purpose), message },
			     .room = arena_alloc(a, MACS_MAX),
			     .room_size = MACS_MAX };

	TRY(keeper_ask(k, &w));
	if (w.text.n != KEEPER_MAC && w.text.n != 2 * KEEPER_MAC)
		return ERR_INTERNAL;
	*out = (struct opaque_macs){ .now = { w.text.p, KEEPER_MAC } };
	if (w.text.n > KEEPER_MAC)
		out->previous = str_from_at(w.text, KEEPER_MAC);
	return OK;
}

enum err keeper_key(struct keeper *k, enum token_algorithm algorithm, struct arena *a,
		    struct key_pair *out)
{
	struct waiting w = { .header = { .kind = JOB_KEY, .algorithm = algorithm },
			     .room = arena_alloc(a, KEY_MAX),
			     .room_size = KEY_MAX };
	struct str private = { 0 };

	TRY(keeper_ask(k, &w));
	if (!str_split(&w.text, '\0', &out->kid) || !str_split(&w.text, '\0', &out->pem) ||
	    !str_split(&w.text, '\0', &out->jwk) || !str_split(&w.text, '\0', &private))
		return ERR_INTERNAL;
	out->private = (struct secret){ private.p, private.n };
	return OK;
}
