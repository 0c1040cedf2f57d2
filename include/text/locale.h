/* SPDX-License-Identifier: MIT */
/* The languages that mails are written in. */
#pragma once

#include "base/str.h"

/* The tags of the languages; the first one is for everybody whose language is not among them. */
enum { LOCALES = 2 };
extern const struct str locales[LOCALES];

/*
 * The best of these languages for Accept-Language (RFC 9110 section 12.5.4), by lookup (RFC 4647
 * section 3.4): "de-CH" gives "de". The first one of equal qualities counts.
 */
struct str locale_best(struct str accept_language);

/* The language that a tag (RFC 5646) stands for. */
struct str locale_of(struct str tag);
