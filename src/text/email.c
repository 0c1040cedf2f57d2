/* SPDX-License-Identifier: MIT */
#include "text/email.h"

#include <idn2.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum {
	LOCAL_MAX = 64,
	DOMAIN_MAX = 253,
	LABEL_MAX = 63,
	NFC_GROWTH = 3 /* Unicode annex 15, section 9: UTF-8 grows at most so far */
};

/*
 * Whether a character shows. Besides spaces, controls and format characters (soft hyphen,
 * zero-width ones, directions) this refuses those that no address holds (private, unassigned) and
 * the others that are drawn as nothing, such as variation selectors: libidn2 drops those from a
 * domain without a word, and so would make two addresses one.
 */
static bool visible(ucs4_t c)
{
	if (c < 0x80)
		return c > ' ' && c != 0x7f;
	return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_C) &&
	       !uc_is_property_default_ignorable_code_point(c);
}

/*
 * Domains of some scripts are written with joiners, which libidn2 takes where IDNA 2008 does, after
 * and between certain letters, and refuses elsewhere (RFC 5892, appendix A).
 */
static bool joiner(ucs4_t c)
{
	return c == 0x200c || c == 0x200d;
}

static bool all_visible(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p, *at = s.n == 0 ? NULL : memchr(s.p, '@', s.n);

	for (size_t i = 0; i < s.n;) {
		ucs4_t c = 0;

		i += (size_t)u8_mbtouc(&c, p + i, s.n - i);
		if (!visible(c) && !(joiner(c) && at != NULL && p + i > at))
			return false;
	}
	return true;
}

/*
 * Whether a local part is a dot-atom (RFC 5322 section 3.2.3, with UTF-8 as of RFC 6531), or has
 * dots wherever they are: a large provider has given out such addresses.
 */
static bool local_valid(struct str s)
{
	size_t dots = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (strchr("()<>[]:;@\\,\"", s.p[i]) != NULL)
			return false;
		dots += s.p[i] == '.';
	}
	return dots < s.n && s.n <= LOCAL_MAX;
}

/* Whether a local part has to be written in quotes (RFC 5321 section 4.1.2). */
static bool local_quoted(struct str s)
{
	return s.p[0] == '.' || s.p[s.n - 1] == '.' || memmem(s.p, s.n, "..", 2) != NULL;
}

/* The bytes of a local part's quotes, which count where a length is bounded. */
static size_t quotes(struct str local)
{
	return local_quoted(local) ? 2 : 0;
}

/*
 * Reads a local part without the quotes around it, which are no part of the address, and in NFC
 * (RFC 6532 section 3.1): one that is typed on another keyboard is the same.
 */
static bool local_read(struct str s, struct arena *a, struct str *out)
{
	size_t n = NFC_GROWTH * s.n + 1;

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct str){ s.p + 1, s.n - 2 };
	if (s.n == 0 || s.n > LOCAL_MAX)
		return false;

	uint8_t *nfc = arena_alloc(a, n);

	/* The result is there, given room enough; else there was no memory for its tables. */
	if (u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.n, nfc, &n) != nfc)
		arena_exhausted(a);
	nfc[n] = '\0';
	*out = (struct str){ (const char *)nfc, n };
	return local_valid(*out) && n + quotes(*out) <= LOCAL_MAX;
}

static struct str lower(struct str s, struct arena *a)
{
	struct str copy = arena_dup(a, s);
	char *p = (char *)copy.p; /* ours a line ago */

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + ('a' - 'A'));
	return copy;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label_valid(struct str s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!letter_or_digit(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/*
 * A public address needs a dot, and a top-level domain has a letter (RFC 3696 section 2), which
 * keeps bare IPv4 addresses out.
 */
static bool domain_valid(struct str s)
{
	struct str label = { 0 };
	size_t labels = 0;

	if (s.n > DOMAIN_MAX)
		return false;
	for (; str_split(&s, '.', &label); labels++)
		if (!label_valid(label))
			return false;
	return labels >= 2 && strspn(label.p, "0123456789") < label.n;
}

/*
 * Whether a domain has labels that only libidn2 can judge. It refuses "--" in the plain ones,
 * though such exist.
 */
static bool needs_idna(struct str s)
{
	struct str label = { 0 };

	while (str_split(&s, '.', &label)) {
		for (size_t i = 0; i < label.n; i++)
			if ((unsigned char)label.p[i] >= 0x80)
				return true;
		if (str_starts(label, STR("xn--")))
			return true;
	}
	return false;
}

/*
 * libidn2's own STD3 check is left off: it drops characters ("a_b.com" becomes "ab.com") where it
 * should refuse them. domain_valid looks at the result instead. domain is NUL-terminated.
 */
static bool idna_encode(struct str domain, struct arena *a, struct str *out)
{
	static const char dots[][4] = { ".", "\u3002", "\uff0e", "\uff61" };
	char *encoded = NULL;

	/* libidn2 drops the dot of the root, so a domain with it would be a second spelling. */
	for (size_t i = 0; i < sizeof dots / sizeof *dots; i++) {
		struct str dot = str_from(dots[i]);

		if (domain.n >= dot.n && str_eq(str_from_at(domain, domain.n - dot.n), dot))
			return false;
	}

	int status = idn2_to_ascii_8z(domain.p, &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	if (status == IDN2_MALLOC)
		arena_exhausted(a);
	if (status != IDN2_OK)
		return false;
	arena_defer(a, idn2_free, encoded);
	*out = str_from(encoded);
	return true;
}

static bool read_parts(struct str email, struct arena *a, struct str *local, struct str *domain)
{
	*domain = email;
	if (email.n > EMAIL_MAX || !str_utf8(email) || !all_visible(email))
		return false;
	if (!str_split(domain, '@', local) || domain->p == NULL || !local_read(*local, a, local))
		return false;
	*domain = lower(*domain, a);
	if (needs_idna(*domain) && !idna_encode(*domain, a, domain))
		return false;
	return domain_valid(*domain) && local->n + quotes(*local) + 1 + domain->n <= EMAIL_MAX;
}

bool email_key(struct str email, struct arena *a, struct str *key)
{
	struct str local = { 0 }, domain = { 0 };

	if (!read_parts(email, a, &local, &domain))
		return false;
	if (key == NULL)
		return true;
	local = lower(local, a);
	*key = arena_printf(a, "%s@%s", local.p, domain.p);
	return true;
}

struct str email_local(struct str key, struct arena *a)
{
	struct str local = { 0 };

	str_split(&key, '@', &local);
	return arena_dup(a, local);
}

bool email_mailbox(struct str email, struct arena *a, struct str *out)
{
	struct str local = { 0 }, domain = { 0 };

	if (!read_parts(email, a, &local, &domain))
		return false;
	*out = arena_printf(a, local_quoted(local) ? "\"%s\"@%s" : "%s@%s", local.p, domain.p);
	return true;
}
