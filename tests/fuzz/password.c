/* SPDX-License-Identifier: MIT */
/*
 * A stored hash, as the database may have it, and a password: one line each. Nothing is computed
 * that asks for more than the bounds, and what fits is a hash of just that form. Judged is the
 * password, too.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cred/judge.h"
#include "cred/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether to compute it takes more time than a fuzzer has. */
static bool dear(struct str hash)
{
	char text[PASSWORD_HASH] = "";
	unsigned long m = 0, t = 0;

	if (hash.n >= sizeof text || hash.n == 0)
		return false;
	memcpy(text, hash.p, hash.n);
	return sscanf(text, "$argon2id$v=19$m=%lu,t=%lu", &m, &t) == 2 && (m > 64 || t > 3);
}

/* As if the first line were the account's email, and the password its name too. */
static void judge(struct str email, struct secret password)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_make(1 << 20, NULL, NULL);

	struct str words = judge_words(email, (struct str){ password.p, password.n }, a);

	assert(str_utf8(words) && str_starts(words, STR("postern\n")));
	judge_weak(password, words);
	arena_reset(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { size > 0 ? (const char *)data : "", size }, hash = { 0 };
	const struct password_cost cost = { 8, 1 };

	str_split(&rest, '\n', &hash);

	struct secret password = { rest.p, rest.n };

	if (!password_outdated(hash, cost))
		assert(hash.n < PASSWORD_HASH &&
		       str_starts(hash, STR("$argon2id$v=19$m=8,t=1,p=1$")));
	/* A hash that asks for too much is refused before any of it is done, so this returns. */
	if (!dear(hash))
		password_verify(password, hash);
	judge(hash, password);
	if (size % 64 == 0 && password.p != NULL) {
		char made[PASSWORD_HASH] = "";

		if (password_hash(password, cost, made)) {
			assert(password_verify(password, str_from(made)));
			assert(!password_outdated(str_from(made), cost));
		}
	}
	return 0;
}
