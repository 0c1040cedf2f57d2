/* SPDX-License-Identifier: MIT */
/*
 * Confirming that the address of an account is its owner's: asking for the mail again, and bringing
 * what it says. A registration becomes an account by that, see core/registration.h.
 */
#pragma once

#include "core/proof.h"
#include "core/req.h"

struct verification_asked {
	struct proof_id id; /* goes with the code of the mail; none: nothing is sent */
	bool verified;	    /* already */
};

/* The user who is signed in asks for the mail that confirms the address. */
enum err verification_ask(struct req *r, struct verification_asked *out);

struct verification {
	struct proof_given given;
	/* The password that was chosen when registering, or one that replaces it; null: neither. */
	struct secret password, new_password;
	struct str name; /* goes with new_password; null: the local part of the address */
};

/*
 * Confirms an address with what its mail says. Whoever only follows a link has to know the password
 * that was chosen, or chooses another one (proof_password).
 */
enum err verification_confirm(struct req *r, const struct verification *in);
