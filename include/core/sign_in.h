/* SPDX-License-Identifier: MIT */
/* Signing in with an address and a password, and with a mailed proof where others guess at them. */
#pragma once

#include "core/proof.h"
#include "core/session.h"

struct sign_in {
	struct str email; /* any text that stands there as one */
	struct secret password;
	struct str devices; /* tokens of core/device.h, DEVICE_BETWEEN them; null: none */
	bool cookie;	    /* the refresh token will be in a cookie */
	struct proof_given proof;
};

struct signed_in {
	struct user_id user;
	struct tokens tokens;
	struct str device; /* the token of this device */
};

/*
 * Signs in, on one path for every outcome: an unknown account is counted like a known one, and its
 * password is checked against a hash that nothing fits. Whoever brings a proof need not wait:
 * whatever others of the network do, the owner gets in. The request waits five times: it looks,
 * counts, has the password checked, has tokens made, and writes. ERR_BAD_CREDENTIALS,
 * ERR_PROOF_NEEDED: others have guessed too often; ERR_ACCOUNT_DISABLED, ERR_EMAIL_UNVERIFIED: the
 * password was right; ERR_TOO_MANY; and what proof_check refuses.
 */
enum err sign_in(struct req *r, const struct sign_in *in, struct signed_in *out);
