/* SPDX-License-Identifier: MIT */
/*
 * Recovery of a password that was forgotten, or that others guess at: asking for a mail, and
 * setting a new password with the proof in it. Nobody is told whether an address has an account;
 * status, bytes and work are the same.
 */
#pragma once

#include "base/kind.h"
#include "core/proof.h"

/* RECOVERY_UNLOCK: the user knows the password, and is asked for a proof because others guess. */
enum recovery { RECOVERY_RESET, RECOVERY_UNLOCK };

/*
 * Mails a proof to whoever has that address. A mail to an address that nobody has goes all the way
 * to the outbox, and no further. devices: tokens that the request brings (core/device.h), or null.
 * out: the id that goes with the code of the mail. ERR_TOO_MANY.
 */
enum err recovery_ask(struct req *r, enum recovery what, const struct email *email,
		      struct str devices, struct proof_id *out);

struct recovery_reset {
	struct proof_given given;
	struct secret password;
	/* Replaces the name; null: an account whose address nobody had confirmed is called by the
	 * local part of that. */
	struct str name;
};

/* Sets a new password, confirms the address, ends all sessions. Refuses what proof_check and
 * password_new refuse. */
enum err recovery_reset(struct req *r, const struct recovery_reset *in);
