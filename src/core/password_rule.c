/* SPDX-License-Identifier: MIT */
#include "core/password_rule.h"

#include "cred/judge.h"

/* The answer on a password and a hash, as long as it is that hash. */
struct fitted {
	struct secret hash;
	bool fits;
};

bool password_same_hash(struct secret a, struct secret b)
{
	return str_eq((struct str){ a.p, a.n }, (struct str){ b.p, b.n });
}

enum err password_fits(struct req *r, struct secret password, struct secret hash, bool *fits)
{
	struct fitted *known = req_once(r, "fits", sizeof *known);

	if (known->hash.p == NULL || !password_same_hash(known->hash, hash)) {
		bool fit = false;

		TRY(keeper_verify(r->app->keeper, password, hash, &fit));
		*known = (struct fitted){ .hash = hash, .fits = fit };
	}
	*fits = known->fits;
	return OK;
}

struct secret password_nobody(struct req *r, struct str cost)
{
	struct str rest = { r->app->no_hash.p, r->app->no_hash.n }, part = { 0 };

	/* "$argon2id$v=19$m=...,t=...,p=1$salt$digest": what is behind the cost stays. */
	for (int i = 0; i < 4; i++)
		str_split(&rest, '$', &part);
	if (cost.n == 0)
		cost = part;

	struct str all = arena_printf(r->arena, "$argon2id$v=19$%.*s$%.*s", STR_ARG(cost),
				      STR_ARG(rest));

	return (struct secret){ all.p, all.n };
}

enum err password_rehash(struct req *r, struct secret password, struct secret *hash)
{
	struct secret *made = req_once(r, "rehash", sizeof *made);

	if (made->p == NULL)
		TRY(keeper_hash(r->app->keeper, &(struct keeper_password){ .password = password },
				r->arena, made, NULL));
	*hash = *made;
	return OK;
}

enum err password_new(struct req *r, const char *pointer, struct secret password, struct str email,
		      struct str name, struct secret *hash)
{
	const struct conf *c = r->app->conf;
	struct keeper_password p = { .password = password };
	struct secret *made = req_once(r, "hash", sizeof *made), hashed = { 0 };
	size_t chars = 0;
	bool weak = false;

	if (made->p != NULL) {
		*hash = *made;
		return OK;
	}
	/* The password is UTF-8, and not too long, so memory has run out. */
	if (!password_chars(password, &chars))
		arena_exhausted(r->arena);
	if ((int64_t)chars < c->password_min_length)
		return fault(r, pointer, "password must be at least %lld characters",
			     (long long)c->password_min_length);
	if (c->password_reject_common)
		p.words = judge_words(email, name, r->arena);
	TRY(keeper_hash(r->app->keeper, &p, r->arena, &hashed, &weak));
	if (weak)
		return fault(r, pointer,
			     "password is too easy to guess: it is common, or made of your own"
			     " email or name");
	*hash = *made = hashed;
	return OK;
}
