/* SPDX-License-Identifier: MIT */
/* Argon2id by libsodium. CPU-bound: for the keeper and the command line, never for a worker. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct password_cost {
	uint32_t memory_kib; /* m; at least 19456 with passes >= 2 (OWASP ASVS 5, appendix C) */
	uint32_t passes;     /* t */
};

enum {
	PASSWORD_HASH = 128,	   /* room for an encoded hash and its NUL */
	PASSWORD_BYTES_MAX = 1024, /* before normalising */
	PASSWORD_CHARS_MIN = 8
};

/*
 * Hashes a password, in NFC and with every space as U+0020 (OpaqueString, RFC 8265 section 4.2), as
 * "$argon2id$v=19$m=...,t=...,p=1$salt$hash". False when out of memory, or when the password is
 * longer than PASSWORD_BYTES_MAX or not UTF-8.
 */
bool password_hash(struct secret password, struct password_cost cost,
		   char out[static PASSWORD_HASH]);

/*
 * Whether a password fits an encoded hash. A hash whose own cost is beyond 256 MiB or 10 passes
 * never fits: it is not computed. Takes as long for a wrong password as for a right one; twice as
 * long for a password with other spaces, whose hash may be from before these were mapped. False
 * with errno ENOMEM: there was no memory to tell.
 */
bool password_verify(struct secret password, struct str hash);

/*
 * Counts the characters of a password that are hashed: a letter and its accent are one, whichever
 * keyboard made them. Costs little, so a worker may ask too. False as password_hash.
 */
bool password_chars(struct secret password, size_t *n);

/*
 * Writes a text with every space (general category Zs) as U+0020. text: valid UTF-8; out: room for
 * its bytes. Returns how many were written.
 */
size_t password_plain_spaces(struct str text, uint8_t *out);

/* Whether a hash was made with another cost than this one. */
bool password_outdated(struct str hash, struct password_cost cost);

/*
 * An encoded hash that no password fits, because its digest is random. Checking a password against
 * it costs what checking any other of that memory and so many passes does. In the arena.
 */
struct secret password_no_hash(int64_t kib, int64_t passes, struct arena *a);
