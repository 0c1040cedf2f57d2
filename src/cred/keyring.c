/* SPDX-License-Identifier: MIT */
#include "cred/keyring.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cred/signature.h"

struct keyring {
	struct keyring_options o;
	struct arena *arena; /* of the next three members; NULL: never read */
	struct token_keys keys;
	struct keyring_signer signer; /* kid is null: there is none */
	struct str jwks;
	int64_t read_at; /* tick */
	uint32_t generation;
	struct token_key shared; /* HS256 */
};

struct keyring *keyring_make(const struct keyring_options *o)
{
	struct keyring *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->o = *o;
	k->keys.issuer = o->issuer;
	k->signer.algorithm = o->algorithm;
	k->jwks = STR("{\"keys\":[]}");
	if (o->algorithm == TOKEN_HS256) {
		k->shared = (struct token_key){ .secret = o->secret, .previous = o->previous };
		k->keys.v = &k->shared;
		k->keys.n = 1;
	}
	return k;
}

void keyring_free(struct keyring *k)
{
	if (k != NULL)
		arena_free(k->arena);
	free(k);
}

bool keyring_asymmetric(const struct keyring *k)
{
	return k->o.algorithm != TOKEN_HS256;
}

/* Finds the same key among these; NULL: it is not there. */
static const struct token_key *key_find(const struct token_keys *keys, const struct token_key *key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (str_eq(keys->v[i].kid, key->kid) && str_eq(keys->v[i].pem, key->pem) &&
		    keys->v[i].algorithm == key->algorithm)
			return &keys->v[i];
	return NULL;
}

static void release_key(void *key)
{
	signature_key_free(key);
}

/*
 * Reads a key of the database. A key that was known before is shared: OpenSSL takes half a
 * millisecond to read one.
 */
static bool read_key(const struct keyring_key *row, const struct token_keys *before,
		     struct arena *a, struct token_key *out)
{
	if (!token_algorithm_find(row->algorithm, &out->algorithm) ||
	    out->algorithm == TOKEN_HS256 || row->kid.n == 0 || row->pem.n == 0)
		return false;
	out->kid = arena_dup(a, row->kid);
	out->pem = arena_dup(a, row->pem);

	const struct token_key *known = key_find(before, out);

	errno = 0;
	out->read = known == NULL ? signature_key(out->pem) : signature_key_share(known->read);
	/*
	 * A want of memory is no reason to take the key for a bad one, and to refuse the tokens
	 * that it has signed.
	 */
	if (out->read == NULL && errno == ENOMEM)
		arena_exhausted(a);
	arena_defer(a, release_key, out->read);
	return out->read != NULL;
}

/*
 * The active key; as long as there may be workers that have not read it, the key that was active
 * before. A key that is next has never signed, and must not.
 */
static const struct keyring_key *signer_find(const struct keyring *k, const struct keyring_key *v,
					     size_t n)
{
	struct str algorithm = token_algorithm_name(k->o.algorithm);
	const struct keyring_key *active = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(v[i].algorithm, algorithm) || v[i].next)
			continue;
		if (!v[i].active)
			return active == NULL ? NULL : &v[i];
		active = &v[i];
		if (active->settled)
			break;
	}
	return active;
}

static void copy_signer(const struct keyring_signer *from, struct arena *a,
			struct keyring_signer *to)
{
	struct str private = arena_dup(a, (struct str){ from->private.p, from->private.n });

	to->algorithm = from->algorithm;
	to->kid = arena_dup(a, from->kid);
	to->private = (struct secret){ private.p, private.n };
}

static void fill(struct keyring *k, const struct token_keys *before, const struct keyring_key *v,
		 size_t n)
{
	struct token_key *keys = arena_new_array(k->arena, n + 1, struct token_key);
	const struct keyring_key *signer = signer_find(k, v, n);
	struct buf jwks = buf_make(k->arena, 1024);
	struct keyring_signer from = { .algorithm = k->o.algorithm };

	k->keys.v = keys;
	k->keys.n = 0;
	buf_add(&jwks, STR("{\"keys\":["));
	for (size_t i = 0; i < n && k->keys.n < KEYRING_MAX; i++) {
		if (!read_key(&v[i], before, k->arena, &keys[k->keys.n]))
			continue;
		if (k->keys.n++ > 0)
			buf_char(&jwks, ',');
		buf_add(&jwks, v[i].jwk);
	}
	buf_add(&jwks, STR("]}"));
	k->jwks = buf_str(&jwks);
	if (signer != NULL) {
		from.kid = signer->kid;
		from.private = signer->private;
	}
	copy_signer(&from, k->arena, &k->signer);
}

static void out_of_memory(void *back)
{
	longjmp(*(jmp_buf *)back, 1);
}

bool keyring_replace(struct keyring *k, const struct keyring_key *v, size_t n)
{
	const struct keyring old = *k;
	jmp_buf back;
	struct arena *const fresh = arena_make(SIZE_MAX, out_of_memory, &back);

	if (fresh == NULL)
		return false;
	if (setjmp(back) != 0) {
		*k = old;
		arena_free(fresh);
		return false;
	}
	k->arena = fresh;
	fill(k, &old.keys, v, n);
	arena_on_oom(fresh, NULL, NULL);
	for (size_t i = 0; i < old.keys.n; i++) {
		if (key_find(&k->keys, &old.keys.v[i]) != NULL)
			continue;
		k->generation++;
		break;
	}
	arena_free(old.arena);
	k->read_at = ticks_us();
	return true;
}

const struct token_keys *keyring_keys(const struct keyring *k)
{
	return &k->keys;
}

uint32_t keyring_generation(const struct keyring *k)
{
	return k->generation;
}

bool keyring_behind(const struct keyring *k)
{
	return keyring_asymmetric(k) &&
	       (k->arena == NULL || ticks_us() - k->read_at > KEYRING_SETTLE_US);
}

enum err keyring_signer(const struct keyring *k, struct arena *a, struct keyring_signer *out)
{
	if (keyring_asymmetric(k) && k->signer.kid.p == NULL)
		return ERR_DB_UNAVAILABLE;
	copy_signer(&k->signer, a, out);
	return OK;
}

struct str keyring_jwks(const struct keyring *k)
{
	return k->jwks;
}
