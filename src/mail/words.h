/* SPDX-License-Identifier: MIT */
/* What others have chosen, made fit to be shown to people. Private to mail. */
#pragma once

#include "mail/template.h"

/*
 * Takes name, new_email, device, address and at out of a JSON object of strings. False when it is
 * none.
 */
bool words_read(struct str json, struct arena *a, struct words *out);

/* "24 hours", "7 Tage", "1 minute" for anything less; the null str for no time. */
struct str words_time(int64_t us, struct str locale, struct arena *a);

/* Whole minutes, at least one; the null str for no time. */
struct str words_minutes(int64_t us, struct arena *a);
