/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <string.h>

struct str str_from(const char *c)
{
	return (struct str){ c, c == NULL ? 0 : strlen(c) };
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* strncasecmp is not used: it follows the locale, and ends at a NUL. */
bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_in(struct str s, struct str_list list)
{
	for (size_t i = 0; i < list.n; i++)
		if (str_eq(s, list.v[i]))
			return true;
	return false;
}

struct str str_from_at(struct str s, size_t from)
{
	if (s.p == NULL)
		return s;
	if (from > s.n)
		from = s.n;
	return (struct str){ s.p + from, s.n - from };
}

bool str_split(struct str *rest, char sep, struct str *part)
{
	if (rest->p == NULL)
		return false;

	const char *cut = rest->n == 0 ? NULL : memchr(rest->p, sep, rest->n);

	if (cut == NULL) {
		*part = *rest;
		*rest = (struct str){ 0 };
		return true;
	}
	*part = (struct str){ rest->p, (size_t)(cut - rest->p) };
	*rest = str_from_at(*rest, part->n + 1);
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;

	if (negative)
		s = str_from_at(s, 1);
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		/* The number is built downward, because INT64_MIN has no positive counterpart. */
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
		return false;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

size_t str_chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The bytes that the code point at p takes; 0 where it is malformed. RFC 3629 section 4. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;

	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
		return 0;
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool str_utf8(struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		size_t len = utf8_length((const unsigned char *)s.p + i, s.n - i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

bool str_has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0)
			return true;
	}
	return false;
}

/* The character at s[i], of valid UTF-8 within the Basic Multilingual Plane; else 0x10000. */
static uint32_t basic_at(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + i;

	if (p[0] < 0x80)
		return p[0];
	if (p[0] < 0xe0)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (p[0] < 0xf0)
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return 0x10000;
}

bool str_shown(struct str s)
{
	/* The ranges are as in json_schema.c, which tells them to clients. */
	static const struct {
		uint16_t first, last;
	} hidden[] = {
		{ 0xad, 0xad },	    { 0x61c, 0x61c },	{ 0x200b, 0x200b }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	};

	if (str_has_controls(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		/* Only the first byte of a character says where one begins. */
		if (((unsigned char)s.p[i] & 0xc0) == 0x80)
			continue;

		uint32_t c = basic_at(s, i);

		for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++)
			if (c >= hidden[k].first && c <= hidden[k].last)
				return false;
	}
	return true;
}

int str_hex(char c)
{
	unsigned digit = (unsigned char)c - '0', letter = ((unsigned char)c | 0x20U) - 'a';

	if (digit < 10)
		return (int)digit;
	return letter < 6 ? (int)letter + 10 : -1;
}
