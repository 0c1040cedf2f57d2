/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

/*
 * The media that an Accept header (RFC 9110 section 12.5.1) allows; a missing one allows
 * everything.
 */
struct accepted {
	bool json;    /* application/json, or problem+json, at a quality above 0 */
	bool lines;   /* application/x-ndjson: JSON texts, one a line */
	bool problem; /* errors are to be application/problem+json: it is named, and not below json
		       */
};

struct accepted accept_parse(struct str header);

/* The kinds of body that a Content-Type (RFC 9110 section 8.3) tells apart. */
enum media {
	MEDIA_JSON,
	MEDIA_MERGE_PATCH, /* RFC 7396 */
	MEDIA_FORM,	   /* application/x-www-form-urlencoded */
	MEDIA_CHARSET,	   /* one of them, but in another charset than UTF-8 */
	MEDIA_OTHER
};

/*
 * Parameters do not count, but for charset: utf-8, utf8 and us-ascii are what all of these are in
 * anyway.
 */
enum media content_media(struct str header);
