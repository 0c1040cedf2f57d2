/* SPDX-License-Identifier: MIT */
/* FastCGI record framing (FastCGI 1.0 section 3.3), only as far as "is it all here?". */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum frame {
	FRAME_MORE,	/* so far valid, not complete */
	FRAME_COMPLETE, /* BEGIN_REQUEST up to the empty STDIN record */
	FRAME_BAD	/* no request comes of it: wrong version, type, role, order, id or size */
};

enum {
	FRAME_PARAMS_MAX = 64 * 1024,
	FRAME_STDIN_MAX = 64 * 1024 + 1 /* one more than a body may have, so that 413 can be said */
};

/*
 * Looks at the n bytes that a connection holds. Accepts one Responder request with one id:
 * BEGIN_REQUEST, PARAMS until an empty one, STDIN until an empty one. The name-value pairs in
 * PARAMS are walked too: a pair that reaches beyond the stream makes it FRAME_BAD, because libfcgi
 * 2.4.2 aborts on some such lengths (CVE-2025-23016), and so does one that would not come out of
 * libfcgi as it went in: NUL in name or value, "=" in a name. On FRAME_COMPLETE *length is set to
 * the bytes the request takes.
 */
enum frame frame_check(const uint8_t *p, size_t n, size_t *length);
