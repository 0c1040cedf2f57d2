/* SPDX-License-Identifier: MIT */
#include "api/password_rule.h"

#include "cred/judge.h"

enum err password_new(struct req *r, const char *pointer, struct secret password, struct str email,
		      struct str name, struct secret *hash)
{
	const struct conf *c = r->app->conf;
	struct keeper_password p = { .password = password };
	bool weak = false;

	if ((int64_t)str_chars((struct str){ password.p, password.n }) < c->password_min_length)
		return fault(r, pointer, "password must be at least %lld characters",
			     (long long)c->password_min_length);
	if (c->password_reject_common)
		p.words = judge_words(email, name, r->arena);
	TRY(keeper_hash(r->app->keeper, &p, r->arena, hash, &weak));
	if (weak)
		return fault(r, pointer,
			     "password is too easy to guess: it is common, or made of your own"
			     " email or name");
	return OK;
}
