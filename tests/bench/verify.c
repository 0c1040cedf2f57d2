/* SPDX-License-Identifier: MIT */
/*
 * How long one access token takes: signature and claims (token_verify), and with what a worker
 * remembers of tokens that it has seen (identity_of). The token comes from standard input, the key
 * from JWT_SECRET. Prints nanoseconds.
 *
 *	verify token|identity TIMES <TOKEN
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "cred/identity.h"

enum { MEMORY = 1 << 20, CACHE = 2048, TIMES_MAX = 100000000 };

struct subject {
	struct keyring *keys;
	struct str token;
	struct identity_cache *cache; /* NULL: without */
	struct arena *arena;
};

/* As a worker does it: the request's arena is wiped behind each. */
static enum err verify(const struct subject *s)
{
	struct token_claims claims = { 0 };
	struct identity identity = { 0 };
	enum err e = s->cache == NULL ? token_verify(keyring_keys(s->keys), s->token, instant_now(),
						     s->arena, &claims)
				      : identity_of(s->cache, s->keys, s->token, instant_now(),
						    s->arena, &identity);

	arena_reset(s->arena);
	return e;
}

int main(int argc, char *argv[])
{
	char token[TOKEN_MAX + 2] = "";
	const char *secret = getenv("JWT_SECRET");
	const int times = argc == 3 ? atoi(argv[2]) : 0;

	if (times < 1 || times > TIMES_MAX || secret == NULL ||
	    fgets(token, sizeof token, stdin) == NULL) {
		fputs("usage: JWT_SECRET=... verify token|identity TIMES <TOKEN\n", stderr);
		return 64;
	}

	struct keyring_options keys = { .algorithm = TOKEN_HS256,
					.secret = { secret, strlen(secret) },
					.issuer = STR("postern") };
	struct subject s = {
		.keys = keyring_make(&keys),
		.token = { token, strcspn(token, "\n") },
		.cache = strcmp(argv[1], "identity") == 0 ? identity_cache_make(CACHE) : NULL,
		.arena = arena_make(MEMORY, NULL, NULL),
	};

	if (s.keys == NULL || s.arena == NULL)
		return 1;

	const int64_t start = ticks_us();

	for (int i = 0; i < times; i++) {
		enum err e = verify(&s);

		if (e != OK) {
			fprintf(stderr, "verify: the token is refused (%d)\n", (int)e);
			return 1;
		}
	}
	printf("%.1f\n", (double)(ticks_us() - start) * 1e3 / times);
	if (s.cache != NULL)
		identity_cache_free(s.cache);
	keyring_free(s.keys);
	arena_free(s.arena);
	return 0;
}
