/* SPDX-License-Identifier: MIT */
#include "cred/password.h"

#include <sodium.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <errno.h>
#include <string.h>

#include "base/random.h"

enum {
	/* The cost that a stored hash may ask for; libsodium does whatever the string says. */
	MEMORY_KIB_MAX = 256 * 1024,
	PASSES_MAX = 10,
	LANES_MAX = 16, /* libsodium makes one and verifies several, one after the other */
	/* Unicode annex 15, section 9: text in UTF-8 grows at most threefold under NFC. */
	NFC_MAX = 3 * PASSWORD_BYTES_MAX,
	DIGEST_MAX = 64
};

_Static_assert(PASSWORD_HASH >= crypto_pwhash_STRBYTES, "libsodium writes that many");

/* An encoded hash taken apart; salt and digest as they are written. */
struct encoded {
	int64_t memory_kib, passes, lanes;
	struct str salt, digest;
};

struct nfc {
	uint8_t b[NFC_MAX];
	size_t n;
};

/*
 * Reads a parameter, "m=19456" when prefix is "m="; written as Argon2's encoder does, without
 * leading zeros.
 */
static bool parameter(struct str part, struct str prefix, int64_t max, int64_t *out)
{
	struct str digits = str_from_at(part, prefix.n);

	return str_starts(part, prefix) && digits.n > 0 && digits.p[0] != '0' &&
	       str_to_i64(digits, 1, max, out);
}

/* m, t and p of a fourth part, in this order. */
static bool parameters(struct str part, struct encoded *out)
{
	struct str m = { 0 }, t = { 0 }, p = { 0 };

	return str_split(&part, ',', &m) && str_split(&part, ',', &t) &&
	       str_split(&part, ',', &p) && part.p == NULL &&
	       parameter(m, STR("m="), MEMORY_KIB_MAX, &out->memory_kib) &&
	       parameter(t, STR("t="), PASSES_MAX, &out->passes) &&
	       parameter(p, STR("p="), LANES_MAX, &out->lanes);
}

/*
 * Takes apart a hash by Argon2id of version 1.3 within the bounds; salt and digest are for
 * libsodium to judge.
 */
static bool parse(struct str hash, struct encoded *out)
{
	enum { EMPTY, ALGORITHM, VERSION, COST, SALT, DIGEST, PARTS };
	struct str part[PARTS] = { 0 };

	if (hash.n >= PASSWORD_HASH || (hash.n > 0 && memchr(hash.p, '\0', hash.n) != NULL))
		return false;
	for (size_t i = 0; i < PARTS; i++)
		if (!str_split(&hash, '$', &part[i]))
			return false;
	out->salt = part[SALT];
	out->digest = part[DIGEST];
	return hash.p == NULL && part[EMPTY].n == 0 && str_eq(part[ALGORITHM], STR("argon2id")) &&
	       str_eq(part[VERSION], STR("v=19")) && parameters(part[COST], out) &&
	       part[SALT].n > 0 && part[DIGEST].n > 0;
}

size_t password_plain_spaces(struct str text, uint8_t *out)
{
	const uint8_t *p = (const uint8_t *)text.p;
	size_t n = 0;

	for (size_t i = 0, taken = 0; i < text.n; i += taken) {
		ucs4_t c = 0;

		taken = (size_t)u8_mbtouc(&c, p + i, text.n - i);
		if (c >= 0x80 && uc_is_general_category(c, UC_SPACE_SEPARATOR)) {
			out[n++] = ' ';
			continue;
		}
		memcpy(out + n, p + i, taken);
		n += taken;
	}
	return n;
}

/*
 * NIST 800-63B 5.1.1.2: without one normal form the same password typed on another keyboard would
 * not fit. The form is OpaqueString of RFC 8265, section 4.2. The caller wipes the result. `other`:
 * the password has spaces that are mapped; without `map`, they stay, which is the form of before.
 */
static bool normalise(struct secret password, bool map, struct nfc *out, bool *other)
{
	struct str text = { password.p, password.n };
	uint8_t mapped[PASSWORD_BYTES_MAX];
	size_t n = 0;

	if (text.p == NULL || text.n > PASSWORD_BYTES_MAX || !str_utf8(text))
		return false;
	n = password_plain_spaces(text, mapped);
	*other = n != text.n;
	if (!map) {
		memcpy(mapped, password.p, password.n);
		n = password.n;
	}
	out->n = sizeof out->b;

	/* The result is in the buffer, given room enough; NULL is out of memory for its tables. */
	bool done = u8_normalize(UNINORM_NFC, mapped, n, out->b, &out->n) == out->b;

	sodium_memzero(mapped, sizeof mapped);
	return done;
}

bool password_chars(struct secret password, size_t *n)
{
	struct nfc nfc = { 0 };
	bool other = false, done = normalise(password, true, &nfc, &other);

	if (done)
		*n = str_chars((struct str){ (const char *)nfc.b, nfc.n });
	sodium_memzero(&nfc, sizeof nfc);
	return done;
}

bool password_hash(struct secret password, struct password_cost cost,
		   char out[static PASSWORD_HASH])
{
	struct nfc nfc = { 0 };
	bool other = false;

	/*
	 * sodium_init picks the vector code of this CPU; without it libsodium takes the slow one.
	 */
	if (sodium_init() < 0)
		return false;

	bool done = normalise(password, true, &nfc, &other) &&
		    crypto_pwhash_str_alg(out, (const char *)nfc.b, nfc.n, cost.passes,
					  (size_t)cost.memory_kib * 1024,
					  crypto_pwhash_ALG_ARGON2ID13) == 0;

	sodium_memzero(&nfc, sizeof nfc);
	return done;
}

static bool decode(struct str text, uint8_t *out, size_t room, size_t *n)
{
	return sodium_base642bin(out, room, text.p, text.n, NULL, n, NULL,
				 sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
}

/*
 * Hashes once more and compares; false when the hash is none of those that crypto_pwhash makes.
 * crypto_pwhash_str_verify says "wrong password" where it found no memory.
 */
static bool compare(const struct encoded *e, const struct nfc *nfc, bool *fits)
{
	uint8_t salt[crypto_pwhash_SALTBYTES], digest[DIGEST_MAX], made[DIGEST_MAX];
	size_t salt_n = 0, n = 0;

	if (e->lanes != 1 || !decode(e->salt, salt, sizeof salt, &salt_n) ||
	    salt_n != sizeof salt || !decode(e->digest, digest, sizeof digest, &n) ||
	    n < crypto_pwhash_BYTES_MIN ||
	    (size_t)e->memory_kib * 1024 < crypto_pwhash_MEMLIMIT_MIN)
		return false;
	/* Memory is all that crypto_pwhash can fail for here. */
	*fits = crypto_pwhash(made, n, (const char *)nfc->b, nfc->n, salt,
			      (unsigned long long)e->passes, (size_t)e->memory_kib * 1024,
			      crypto_pwhash_ALG_ARGON2ID13) == 0;
	errno = *fits ? 0 : ENOMEM;
	*fits = *fits && sodium_memcmp(made, digest, n) == 0;
	sodium_memzero(made, sizeof made);
	return true;
}

/* Checks a hash of another program: several lanes, another length of the salt. */
static bool verify_foreign(const char *text, const struct nfc *nfc)
{
	return crypto_pwhash_str_verify(text, (const char *)nfc->b, nfc->n) == 0;
}

/* Checks a password in the form that is hashed today, or in the form of before. */
static bool verify_form(struct secret password, bool map, struct str hash,
			const struct encoded *encoded, bool *other)
{
	char text[PASSWORD_HASH] = "";
	struct nfc nfc = { 0 };
	bool fits = false;

	memcpy(text, hash.p, hash.n);
	if (normalise(password, map, &nfc, other) && !compare(encoded, &nfc, &fits))
		fits = verify_foreign(text, &nfc);
	sodium_memzero(&nfc, sizeof nfc);
	return fits;
}

bool password_verify(struct secret password, struct str hash)
{
	struct encoded encoded = { 0 };
	bool other = false;

	errno = 0;
	if (sodium_init() < 0 || !parse(hash, &encoded))
		return false;
	if (verify_form(password, true, hash, &encoded, &other))
		return true;
	return other && errno != ENOMEM && verify_form(password, false, hash, &encoded, &other);
}

bool password_outdated(struct str hash, struct password_cost cost)
{
	struct encoded encoded = { 0 };

	/* crypto_pwhash_str_needs_rehash is not used: it does not look at p. */
	return !parse(hash, &encoded) || encoded.memory_kib != cost.memory_kib ||
	       encoded.passes != cost.passes || encoded.lanes != 1;
}

struct secret password_no_hash(int64_t kib, int64_t passes, struct arena *a)
{
	uint8_t salt[16], digest[32];
	char salt64[32], digest64[64];
	int how = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

	random_bytes(salt, sizeof salt);
	random_bytes(digest, sizeof digest);
	sodium_bin2base64(salt64, sizeof salt64, salt, sizeof salt, how);
	sodium_bin2base64(digest64, sizeof digest64, digest, sizeof digest, how);

	struct str s = arena_printf(a, "$argon2id$v=19$m=%lld,t=%lld,p=1$%s$%s", (long long)kib,
				    (long long)passes, salt64, digest64);

	return (struct secret){ s.p, s.n };
}
