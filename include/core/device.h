/* SPDX-License-Identifier: MIT */
/*
 * Browsers and programs that have signed in to an account before. Each is given a token then, and
 * brings it when it signs in again: its guesses are counted apart, so whoever guesses at the
 * account elsewhere, or shares the network, does not keep it out. A token names the user and the
 * version of its password, so a new password makes it nothing; it proves nothing else and opens
 * nothing. (OWASP, "Slow Down Online Guessing Attacks with Device Cookies".)
 */
#pragma once

#include "core/req.h"

enum {
	DEVICE_TEXT = 108,    /* characters of a token */
	DEVICE_BETWEEN = '~', /* tokens, where there are several */
	DEVICE_TOKENS_MAX = 4 /* accounts that one browser is known to */
};

/* A token whose MAC was right. */
struct device {
	struct user_id user;
	int32_t version;
	struct uuid id;
};

struct devices {
	struct device v[DEVICE_TOKENS_MAX];
	size_t n;
};

/*
 * What of the tokens that a request brings, DEVICE_BETWEEN them, is right; others count for
 * nothing. Asks keepers, never the database.
 */
enum err device_read(struct req *r, struct str tokens, struct devices *out);

/* Whether one of them is of that user and password; nobody has none. */
bool device_find(const struct devices *d, struct user_id user, int32_t version, struct uuid *id);

/*
 * A new token, for who has just signed in: what a keeper is asked for, and the text that is made of
 * its answer.
 */
struct device_made {
	struct user_id user;
	struct opaque token;
};
struct device_made device_make(struct user_id user, int32_t version);
struct keeper_wish device_wish(struct req *r, const struct device_made *d);
struct str device_text(struct req *r, const struct device_made *d, struct str mac);

/* That user's token, in front of those of others among the ones that the request brought; in the
 * request's arena. */
struct str device_keep(struct req *r, struct user_id user, struct str token, struct str tokens);
