/* SPDX-License-Identifier: MIT */
/* The audit log: who did what to whom, from where. */
#include "core/audit.h"

#include "gen/audit.h"

static const struct str words[] = {
	{ 0 },
#define ACTION(name, word) STR(word),
#include "core/audit.def"
#undef ACTION
};

const struct vocabulary audit_actions = VOCABULARY(words);

enum err audit_note(struct req *r, const struct audit_note *n)
{
	struct audit_insert row = {
		.id = audit_id_new(),
		.action = audit_action_word(n->action),
		.actor = uuid_none(n->actor.uuid) ? r->who.user : n->actor,
		.subject = n->subject,
		.session = n->session,
		.address = r->from.address,
		.request_id = r->from.request_id,
		.detail = n->detail.p == NULL ? STR("") : n->detail,
		.typed_by = r->from.typed_by,
	};

	TRY(audit_insert(r->db, &row, NULL));
	r->notes++;
	return OK;
}
