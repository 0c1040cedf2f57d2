/* SPDX-License-Identifier: MIT */
/* Text with a length. Bytes are borrowed: an arena, a literal or the caller owns them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A run of bytes. p == NULL means "no value" (SQL null, an absent optional field); the empty string
 * has p != NULL and n == 0. A str from an arena, a decoder or the database is also NUL-terminated,
 * so .p may go to "%s".
 */
struct str {
	const char *p;
	size_t n;
};

/* Several strs; v may be NULL when n is 0. */
struct str_list {
	struct str *v;
	size_t n;
};

/* Text that must not be seen: neither log nor reply has a conversion for it. Same rules as str. */
struct secret {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

/* Arguments for "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p

/* Wraps a C string; NULL gives the null str. */
struct str str_from(const char *c);

/* Whether bytes and length are equal. Not constant-time: secrets go through sodium_memcmp. */
bool str_eq(struct str a, struct str b);

/* Whether two texts are equal with ASCII case ignored. */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);

/* Whether the list has s, byte for byte. */
bool str_in(struct str s, struct str_list list);

/* s from byte `from` on; from is cut to s.n. */
struct str str_from_at(struct str s, size_t from);

/*
 * Takes the part of *rest up to `sep` and moves *rest behind it. Returns false once nothing is
 * left; an empty last part is given once.
 */
bool str_split(struct str *rest, char sep, struct str *part);

/* s without spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* A whole decimal number in [min, max]; false for anything else, overflow included. */
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out);

/* The value of a hexadecimal digit, either case; -1 when it is none. */
int str_hex(char c);

/* Unicode code points in valid UTF-8. */
size_t str_chars(struct str s);

/* Whether valid UTF-8 holds a control character: general category Cc, that is C0, DEL and C1. */
bool str_has_controls(struct str s);

/*
 * Whether valid UTF-8 shows all that it is, in its order, on one line: no control character, no
 * other line break, no direction that is turned around (UAX 9 section 2) and no character without
 * width that means nothing (zero-width space, soft hyphen, word joiner, byte order mark). Joiners
 * are taken, which Persian, Indic scripts and emoji need.
 */
bool str_shown(struct str s);

/*
 * Whether s is well-formed UTF-8 (RFC 3629: no overlong form, surrogate or value above U+10FFFF).
 */
bool str_utf8(struct str s);
