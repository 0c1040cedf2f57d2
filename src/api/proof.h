/* SPDX-License-Identifier: MIT */
/*
 * Proofs that somebody reads the mail of an address: a link and a code, good once. Both are made of
 * the proof's id by a keeper, so nothing of them is stored.
 */
#pragma once

#include "api/req.h"

struct proof {
	const char *kind;    /* as the table proofs has it */
	struct user_id user; /* none: nobody; it is made all the same */
	struct email_change_id change;
	int64_t link_us; /* how long the link is good; the code accounts.code_ttl, or that if less
			  */
};

/* Makes one; those of that kind that the user had are void. */
enum err proof_make(struct req *r, const struct proof *p, struct proof_id *out);
