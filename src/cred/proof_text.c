/* SPDX-License-Identifier: MIT */
#include "cred/proof_text.h"

enum err proof_macs(struct keeper *k, enum proof_text what, struct str kind, struct uuid id,
		    struct arena *a, struct opaque_macs *out)
{
	struct str purpose = arena_printf(a, "%s:%.*s", what == PROOF_LINK ? "link" : "code",
					  STR_ARG(kind));
	struct opaque o = { .id = id };

	return keeper_macs(k, purpose.p, opaque_message(o, a), a, out);
}

enum err proof_texts(struct keeper *k, struct str kind, struct uuid id, struct arena *a,
		     struct str *token, struct str *code)
{
	struct opaque_macs link = { 0 }, digits = { 0 };
	struct opaque o = { .id = id };

	TRY(proof_macs(k, PROOF_CODE, kind, id, a, &digits));
	TRY(proof_macs(k, PROOF_LINK, kind, id, a, &link));
	*code = code_write(digits.now, a);
	*token = opaque_write(o, link.now, a);
	return OK;
}
