/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/str.h"

/* What an Accept header (RFC 9110 section 12.5.1) allows; a missing one allows everything. */
struct accepted {
	bool json;    /* application/json, or problem+json, at a quality above 0 */
	bool problem; /* errors are to be application/problem+json: it is named, and not below json
		       */
};

struct accepted accept_parse(struct str header);

/*
 * Whether a Content-Type is application/json, or application/merge-patch+json (RFC 7396),
 * parameters aside; charset must be utf-8 if given.
 */
bool content_type_json(struct str header);
bool content_type_merge_patch(struct str header);
