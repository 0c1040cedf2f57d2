/* SPDX-License-Identifier: MIT */
/* Words of mails: those that templates may say, and texts that others have chosen, made fit to be
 * shown. */
#pragma once

#include "text/template.h"

enum word {
#define WORD(NAME, name) WORD_##NAME,
#include "mail/words.def"
#undef WORD
	WORDS
};

/* Values of the words; null is empty. */
struct words {
	struct str v[WORDS];
};

/* In a frame, and only there, {{subject}} and {{content}} are known, and the latter stays as it is.
 */
extern const struct template_kind words_text, words_html, words_text_frame, words_html_frame;

/*
 * Takes name, new_email, device, address and at out of a JSON object of strings. False when the
 * text is none.
 */
bool words_read(struct str json, struct arena *a, struct words *out);

/* "24 hours", "7 Tage", "1 minute" for anything less; the null str for no time. */
struct str words_time(int64_t us, struct str locale, struct arena *a);

/* Whole minutes, at least one; the null str for no time. */
struct str words_minutes(int64_t us, struct arena *a);
