/* SPDX-License-Identifier: MIT */
/* A page: what it tells, and the form of a link where there is one. */
#pragma once

#include "api/call.h"
#include "text/locale.h"

enum text {
	TEXT_NONE,
#define TEXT(NAME, english, german) TEXT_##NAME,
#include "api/page/texts.def"
#undef TEXT
	TEXTS
};

/* For each of locales[], in their order. */
extern const struct str texts[TEXTS][LOCALES];

struct page {
	enum proof_kind kind; /* of the link; none: it is about no link */
	enum text done;	      /* what has come of it */
	struct str failed;    /* why nothing has; null: nothing is wrong */
	/* Of the form; without a token there is none. What else there is was in one that is
	 * refused. */
	struct str token, email;
	struct str wrong; /* the field that is; null: none */
};

/* The kind of link that a path is about; none: it is about no link. */
enum proof_kind page_kind(struct str path);

/* A text in the language of who asks. */
struct str page_say(const struct call *c, enum text text);

/* Writes the page, in that language, and what a browser may do with it. */
void page_show(struct call *c, const struct page *p);
