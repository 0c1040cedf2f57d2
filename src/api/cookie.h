/* SPDX-License-Identifier: MIT */
/*
 * Cookie mode, for browsers: the refresh token lies in a cookie that no script can read and that is
 * sent to /api/v1/auth alone, by pages of the same site only (RFC 6265; SameSite). On top of that
 * the Origin must be one of ours.
 */
#pragma once

#include "api/call.h"

/*
 * The refresh tokens in the request's cookies, each once, in the request's arena. A page of a
 * neighbouring host can have a browser send cookies of ours beside the right one, in front of it or
 * behind it (RFC 6265 section 8.6), and nothing in the header tells which; the tokens do.
 */
struct str_list cookie_refresh(const struct req *r);

/*
 * The access tokens in the request's cookies, in the same way, where sessions.access_cookie allows
 * them. No browser sends two, for their name has the prefix __Host-; so where there are many, none
 * is taken.
 */
struct str_list cookie_access(const struct req *r);

/*
 * The tokens in all cookies that devices keep (core/device.h), DEVICE_BETWEEN them; null when there
 * is no such cookie.
 */
struct str cookie_devices(const struct req *r);

/*
 * The request's cookies without ours, for the application behind the gate, which could act for its
 * users with an access token. Ours are left out whatever they hold and however many there are, also
 * those that cookie_access() does not take. In the request's arena; empty when none is left.
 */
struct str cookie_foreign(const struct req *r);

/* Whether a page of ours sends the request: its Origin is server.public_url or in server.origins.
 */
bool cookie_ours(const struct req *r);

/* Returns ERR_ORIGIN_REFUSED, with what is wrong, unless a page of ours sends the request. */
enum err cookie_origin(struct req *r);

/* Sets both cookies, each for so many seconds; access may be null. */
void cookie_set(struct req *r, struct str refresh, int64_t refresh_s, struct str access,
		int64_t access_s);

/* Sets the cookie of devices. Signing out leaves it, for users who sign in again. */
void cookie_set_devices(struct req *r, struct str tokens);

/* Makes the browser forget refresh token and access token. */
void cookie_clear(struct req *r);
