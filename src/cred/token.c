/* SPDX-License-Identifier: MIT */
#include "cred/token.h"

#include <jansson.h>
#include <jwt.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "cred/base64url.h"
#include "cred/signature.h"

enum {
	SECRET_MIN = 32, /* RFC 7518 section 3.2 */
	JSON_ROOM = 32 * 1024,
	SKEW = 60, /* seconds that another host's clock may be ahead */
	/*
	 * jansson recurses to a depth of 2048, which needs 100 KiB of stack. Our tokens have a
	 * depth of 1.
	 */
	DEPTH_MAX = 8
};

/*
 * signature_min, signature_max: bytes. A signature of ES256 is two numbers (RFC 7518 section 3.4).
 */
static const struct algorithm {
	const char *name;
	jwt_alg_t alg;
	size_t signature_min, signature_max;
} algorithms[] = {
	[TOKEN_HS256] = { "HS256", JWT_ALG_HS256, 32, 32 },
	[TOKEN_ES256] = { "ES256", JWT_ALG_ES256, 64, 64 },
	[TOKEN_RS256] = { "RS256", JWT_ALG_RS256, 256, 512 },
};

/* The parts of a token, decoded, and the text that is signed. */
struct parts {
	struct str header, payload, signature, input;
};

struct str token_algorithm_name(enum token_algorithm algorithm)
{
	return str_from(algorithms[algorithm].name);
}

bool token_algorithm_find(struct str name, enum token_algorithm *out)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		if (!str_eq(name, str_from(algorithms[i].name)))
			continue;
		*out = (enum token_algorithm)i;
		return true;
	}
	return false;
}

static void jwt_release(void *jwt)
{
	jwt_free(jwt);
}

static void json_release(void *json)
{
	json_decref(json);
}

/*
 * Text goes through libjwt as a C string: a text with a NUL inside would be signed cut. libjwt
 * itself refuses text that is not UTF-8.
 */
static bool add_text(jwt_t *jwt, const char *name, struct str value, struct arena *a)
{
	return value.n > 0 && memchr(value.p, '\0', value.n) == NULL &&
	       jwt_add_grant(jwt, name, arena_dup(a, value).p) == 0;
}

/* Watches the memory of jansson: see base/wipe.h. */
static void watch_memory(struct arena *a)
{
	json_set_alloc_funcs(wipe_malloc, wipe_free);
	if (!wipe_begin(JSON_ROOM))
		arena_exhausted(a);
	errno = 0;
}

enum err token_sign(const struct token_key *key, struct str issuer,
		    const struct token_claims *claims, struct arena *a, struct str *out)
{
	jwt_t *jwt = NULL;

	assert(key->secret.n >= SECRET_MIN);
	watch_memory(a);
	if (jwt_new(&jwt) != 0)
		return ERR_INTERNAL;
	arena_defer(a, jwt_release, jwt);
	if (!add_text(jwt, "iss", issuer, a) || !add_text(jwt, "sub", claims->subject, a) ||
	    (claims->email.n > 0 && !add_text(jwt, "email", claims->email, a)) ||
	    !add_text(jwt, "role", claims->role, a) || !add_text(jwt, "jti", claims->id, a) ||
	    !add_text(jwt, "sid", claims->session, a) ||
	    jwt_add_grant_int(jwt, "ver", claims->version) != 0 ||
	    jwt_add_grant_int(jwt, "iat", claims->issued) != 0 ||
	    jwt_add_grant_int(jwt, "exp", claims->expires) != 0 ||
	    (key->kid.p != NULL && jwt_add_header(jwt, "kid", arena_dup(a, key->kid).p) != 0) ||
	    jwt_set_alg(jwt, algorithms[key->algorithm].alg, (const unsigned char *)key->secret.p,
			(int)key->secret.n) != 0)
		return ERR_INTERNAL;

	/*
	 * The text is from malloc; libjwt 1.11 has jwt_free_str, which is free as long as nobody
	 * sets an allocator.
	 */
	char *text = jwt_encode_str(jwt);

	arena_defer(a, free, text);
	/* A key that is only a secret fits always, so memory was short. */
	if (wipe_short() || (text == NULL && key->algorithm == TOKEN_HS256))
		arena_exhausted(a);
	/* A token that token_verify would not look at must not leave the house. */
	if (text == NULL || strlen(text) > TOKEN_MAX)
		return ERR_INTERNAL;
	*out = str_from(text);
	return OK;
}

static bool split(struct str token, struct arena *a, struct parts *out)
{
	struct str header = { 0 }, payload = { 0 }, signature = { 0 }, rest = token;

	if (!str_split(&rest, '.', &header) || !str_split(&rest, '.', &payload) ||
	    !str_split(&rest, '.', &signature) || rest.p != NULL)
		return false;
	out->input = (struct str){ token.p, header.n + 1 + payload.n };
	return base64url_read(header, a, &out->header) &&
	       base64url_read(payload, a, &out->payload) &&
	       base64url_read(signature, a, &out->signature);
}

/* Brackets within strings do not count. Malformed JSON may be misjudged: it is refused anyway. */
static bool shallow(struct str json)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < json.n; i++) {
		char c = json.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
			return false;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return true;
}

/* An object without duplicate members (RFC 7519 section 4 lets us refuse them); NULL if not. */
static const json_t *parse_find(struct str text, struct arena *a)
{
	if (!shallow(text))
		return NULL;

	json_t *json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

	arena_defer(a, json_release, json);
	return json_is_object(json) ? json : NULL;
}

/* A string that is not empty. jansson lets no NUL into one. */
static bool read_text(const json_t *object, const char *name, struct str *out)
{
	const json_t *value = json_object_get(object, name);

	*out = (struct str){ json_string_value(value), json_string_length(value) };
	return out->n > 0;
}

/* The key that a header names; the secret is nobody's to choose. NULL: none of ours. */
static const struct token_key *key_find(const struct token_keys *keys, const json_t *header)
{
	struct str kid = { 0 };

	read_text(header, "kid", &kid);
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].algorithm == TOKEN_HS256 ||
		    (kid.n > 0 && str_eq(kid, keys->v[i].kid)))
			return &keys->v[i];
	return NULL;
}

/*
 * The key by which a token is to be judged, if its header is what that key demands (RFC 8725
 * section 3.1). jku, x5u, jwk and x5c would let the token bring its key and are ignored. An
 * extension named by crit is one we do not know (RFC 7515 section 4.1.11).
 */
static const struct token_key *header_find(const struct token_keys *keys, const struct parts *parts,
					   struct arena *a)
{
	const json_t *header = parse_find(parts->header, a);
	const struct token_key *key = header == NULL ? NULL : key_find(keys, header);
	struct str alg = { 0 }, typ = { 0 };

	if (key == NULL || json_object_get(header, "crit") != NULL ||
	    !read_text(header, "alg", &alg) || !read_text(header, "typ", &typ))
		return NULL;

	const struct algorithm *rules = &algorithms[key->algorithm];
	bool fits = str_eq(alg, str_from(rules->name)) && str_eq_nocase(typ, STR("JWT")) &&
		    parts->signature.n >= rules->signature_min &&
		    parts->signature.n <= rules->signature_max;

	return fits ? key : NULL;
}

/* A whole number; also RFC 7519 NumericDate, for that is how we write it. */
static bool read_whole(const json_t *object, const char *name, int64_t *out)
{
	const json_t *value = json_object_get(object, name);

	*out = json_integer_value(value);
	return json_is_integer(value);
}

/* Whether a signed token is meant for us and now; exp is the caller's. */
static bool payload_fits(const json_t *payload, struct str issuer, int64_t now)
{
	struct str iss = { 0 };
	int64_t iat = 0, nbf = 0;

	if (!read_text(payload, "iss", &iss) || !str_eq(iss, issuer))
		return false;
	/* Our tokens name no audience; one that does was made for somebody else (an id token). */
	if (json_object_get(payload, "aud") != NULL)
		return false;
	if (json_object_get(payload, "nbf") != NULL &&
	    (!read_whole(payload, "nbf", &nbf) || nbf > now + SKEW))
		return false;
	return read_whole(payload, "iat", &iat) && iat <= now + SKEW;
}

/* The error of a token, if it was looked at with memory enough. */
static enum err judge(const struct token_keys *keys, struct str token, int64_t seconds,
		      struct arena *a, struct token_claims *out)
{
	struct parts parts = { 0 };

	if (token.p == NULL || token.n > TOKEN_MAX || !split(token, a, &parts))
		return ERR_TOKEN_INVALID;

	const struct token_key *key = header_find(keys, &parts, a);

	/* A key too short could be guessed from one token (RFC 7518 section 3.2). */
	assert(key == NULL || key->algorithm != TOKEN_HS256 ||
	       (key->secret.n >= SECRET_MIN &&
		(key->previous.n == 0 || key->previous.n >= SECRET_MIN)));

	const json_t *payload = key == NULL ? NULL : parse_find(parts.payload, a);
	struct token_claims claims = { .email = STR("") };
	int64_t version = 0;

	if (payload == NULL || !signature_right(key, parts.input, parts.signature) ||
	    !payload_fits(payload, keys->issuer, seconds) ||
	    !read_text(payload, "sub", &claims.subject) ||
	    (json_object_get(payload, "email") != NULL &&
	     !read_text(payload, "email", &claims.email)) ||
	    !read_text(payload, "role", &claims.role) || !read_text(payload, "jti", &claims.id) ||
	    !read_text(payload, "sid", &claims.session) || !read_whole(payload, "ver", &version) ||
	    version < 0 || version > INT32_MAX || !read_whole(payload, "iat", &claims.issued) ||
	    !read_whole(payload, "exp", &claims.expires))
		return ERR_TOKEN_INVALID;
	/* exp is checked last, so that "expired" is only said of a token that was good. */
	if (seconds >= claims.expires)
		return ERR_TOKEN_EXPIRED;
	claims.version = (int32_t)version;
	*out = claims;
	return OK;
}

enum err token_verify(const struct token_keys *keys, struct str token, struct instant now,
		      struct arena *a, struct token_claims *out)
{
	watch_memory(a);

	enum err e = judge(keys, token, now.us / 1000000, a, out);

	/* OpenSSL and jansson do not tell a wrong token from a failed allocation. */
	if (wipe_short() || (e != OK && errno == ENOMEM))
		arena_exhausted(a);
	return e;
}
