/* SPDX-License-Identifier: MIT */
/*
 * Registering. An address belongs to whoever says so first, until somebody proves to read its mail;
 * so with accounts.enumeration_safe no registration is an account before that. How it becomes one:
 * core/verification.h.
 */
#pragma once

#include "base/kind.h"
#include "core/req.h"

struct registration_new {
	struct email email;
	struct str name; /* a valid one */
	struct secret password;
};

/* The answer to a registration: the same whether the address has an account or not, where nobody is
 * to learn that. */
struct registered {
	struct user_id id;
	struct str email, name;
	struct instant created_at;
	struct proof_id verification_id; /* goes with the code of the mail */
};

/*
 * Registers, and has the address asked to confirm it by mail. ERR_EMAIL_TAKEN unless
 * accounts.enumeration_safe is on; ERR_INVALID for a password that is too easy (password_new);
 * ERR_TOO_MANY.
 */
enum err registration_begin(struct req *r, const struct registration_new *in,
			    struct registered *out);
