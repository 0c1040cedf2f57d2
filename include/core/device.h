/* SPDX-License-Identifier: MIT */
/*
 * Browsers and programs that have signed in to an account before. Each is given a token then, and
 * brings it when it signs in again: its guesses are counted apart, so whoever guesses at the
 * account elsewhere, or shares the network, does not keep it out. A token names the user and the
 * version of the user's access tokens: a new password raises that and makes the token void. It
 * proves nothing else and opens nothing. (OWASP, "Slow Down Online Guessing Attacks with Device
 * Cookies".)
 */
#pragma once

#include "core/req.h"

enum {
	DEVICE_TEXT = 108,    /* characters of a token */
	DEVICE_BETWEEN = '~', /* stands between tokens */
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
 * Reads the tokens that a request brings, DEVICE_BETWEEN them; those that are not ours count for
 * nothing. Asks keepers, never the database.
 */
enum err device_read(struct req *r, struct str tokens, struct devices *out);

/* Whether one of the devices is of that user at that version; nobody has a device. */
bool device_find(const struct devices *d, struct user_id user, int32_t version, struct uuid *id);

/*
 * A new token for a user who has just signed in: the wish that a keeper is asked for, and the text
 * that is made of its answer.
 */
struct device_made {
	struct user_id user;
	struct opaque token;
};
struct device_made device_make(struct user_id user, int32_t version);
struct keeper_wish device_wish(struct req *r, const struct device_made *d);
struct str device_text(struct req *r, const struct device_made *d, struct str mac);

/* The token of that user, in front of the tokens of other users that the request brought; in the
 * request's arena. */
struct str device_keep(struct req *r, struct user_id user, struct str token, struct str tokens);
