/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include <string.h>

#include "text/quality.h"

/*
 * The exactness of a media range for a type; the most exact one counts (RFC 9110 section 12.5.1).
 */
enum exact { EXACT_NOT, EXACT_ANY, EXACT_SUBTYPE, EXACT_TYPE };

struct best {
	enum exact exact;
	int q; /* in thousandths */
};

struct range {
	struct str type;
	int q;
};

/* Like str_split, but a separator within a quoted string is text (RFC 9110 section 5.6.4). */
static bool part_next(struct str *rest, char sep, struct str *part)
{
	bool quoted = false;
	size_t i = 0;

	if (rest->p == NULL)
		return false;
	for (; i < rest->n && (quoted || rest->p[i] != sep); i++) {
		if (rest->p[i] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
	}
	*part = str_trim((struct str){ rest->p, i });
	*rest = i < rest->n ? str_from_at(*rest, i + 1) : (struct str){ 0 };
	return true;
}

static bool token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 0x20);

		if (!(c >= 'a' && c <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    (s.p[i] == '\0' || strchr("!#$%&'*+-.^_`|~", s.p[i]) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool range_parse(struct str entry, struct range *out)
{
	struct str part = { 0 }, name = { 0 }, subtype = { 0 };

	part_next(&entry, ';', &out->type);
	out->q = 1000;
	subtype = out->type;
	if (!str_split(&subtype, '/', &name) || !token(name) || !token(subtype))
		return false;
	while (part_next(&entry, ';', &part))
		if (str_split(&part, '=', &name) && str_eq_nocase(str_trim(name), STR("q")))
			return quality_parse(str_trim(part), &out->q);
	return true;
}

static enum exact range_exact(const struct range *r, struct str type)
{
	if (str_eq_nocase(r->type, type))
		return EXACT_TYPE;
	if (str_eq_nocase(r->type, STR("application/*")))
		return EXACT_SUBTYPE;
	return str_eq(r->type, STR("*/*")) ? EXACT_ANY : EXACT_NOT;
}

static void consider(struct best *b, const struct range *r, struct str type)
{
	enum exact exact = range_exact(r, type);

	if (exact > b->exact || (exact == b->exact && exact != EXACT_NOT && r->q > b->q))
		*b = (struct best){ exact, r->q };
}

struct accepted accept_parse(struct str header)
{
	struct best json = { 0 }, lines = { 0 }, problem = { 0 };
	struct str entry = { 0 };
	bool any = false;

	while (part_next(&header, ',', &entry)) {
		struct range r = { 0 };

		if (!range_parse(entry, &r))
			continue;
		any = true;
		consider(&json, &r, STR("application/json"));
		consider(&lines, &r, STR("application/x-ndjson"));
		consider(&problem, &r, STR("application/problem+json"));
	}
	/* A header without one sound entry says as little as a missing one. */
	if (!any)
		return (struct accepted){ .json = true, .lines = true };

	bool named = problem.exact == EXACT_TYPE && problem.q > 0;

	return (struct accepted){ .json = json.q > 0 || named,
				  .lines = lines.q > 0,
				  .problem = named && problem.q >= json.q };
}

static struct str unquote(struct str s)
{
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return s;
	return (struct str){ s.p + 1, s.n - 2 };
}

/*
 * RFC 8259 section 8.1 knows no charset; a name that says that the bytes are UTF-8 says nothing
 * wrong.
 */
static bool charset_utf8(struct str name)
{
	return str_eq_nocase(name, STR("utf-8")) || str_eq_nocase(name, STR("utf8")) ||
	       str_eq_nocase(name, STR("us-ascii"));
}

enum media content_media(struct str header)
{
	struct str part = { 0 }, name = { 0 };
	enum media media = MEDIA_OTHER;

	if (!part_next(&header, ';', &part))
		return MEDIA_OTHER;
	if (str_eq_nocase(part, STR("application/json")))
		media = MEDIA_JSON;
	if (str_eq_nocase(part, STR("application/merge-patch+json")))
		media = MEDIA_MERGE_PATCH;
	if (str_eq_nocase(part, STR("application/x-www-form-urlencoded")))
		media = MEDIA_FORM;
	while (media != MEDIA_OTHER && part_next(&header, ';', &part)) {
		str_split(&part, '=', &name);
		if (str_eq_nocase(str_trim(name), STR("charset")) &&
		    !charset_utf8(unquote(str_trim(part))))
			return MEDIA_CHARSET;
	}
	return media;
}
