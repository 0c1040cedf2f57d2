/* SPDX-License-Identifier: MIT */
#include "api/proof.h"

#include "gen/proofs.h"

enum err proof_make(struct req *r, const struct proof *p, struct proof_id *out)
{
	int64_t code_us = r->app->conf->accounts_code_ttl;
	struct proof_insert row = {
		.id = proof_id_new(),
		.kind = str_from(p->kind),
		.user_id = p->user,
		.email_change_id = p->change,
		.link_us = p->link_us,
		.code_us = code_us < p->link_us ? code_us : p->link_us,
	};

	*out = row.id;
	return proof_insert(r->db, &row, NULL);
}
