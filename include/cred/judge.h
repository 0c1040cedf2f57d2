/* SPDX-License-Identifier: MIT */
/*
 * Whether a password is too easy to guess: one of the commonest (ASVS 5.0, 6.2.4), or made of words
 * that belong to the account or the product (6.2.11). No rules of composition (6.2.5). Up to 7 ms
 * of CPU: for the keeper and the command line.
 */
#pragma once

#include "base/arena.h"

enum { JUDGE_WORDS = 32 /* the most words that are considered */ };

/*
 * The words that an account's password must not be made of, one a line. Email and name may be null.
 */
struct str judge_words(struct str email, struct str name, struct arena *a);

/*
 * Whether a password is too easy to guess. words: as judge_words gives them. A password that is not
 * UTF-8 is not judged.
 */
bool judge_weak(struct secret password, struct str words);
