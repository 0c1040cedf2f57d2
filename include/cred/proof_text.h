/* SPDX-License-Identifier: MIT */
/*
 * The texts of a proof: the token of its link, the digits of its code. Both are made of the proof's
 * id alone, by a keeper, so nothing of them is stored. A text for one kind, or for the link, says
 * nothing about another kind, or about the code.
 */
#pragma once

#include "cred/keeper.h"

enum proof_text { PROOF_LINK, PROOF_CODE };

/* The MACs that a text of the proof is made of. kind: as the table proofs has it. */
enum err proof_macs(struct keeper *k, enum proof_text what, struct str kind, struct uuid id,
		    struct arena *a, struct opaque_macs *out);

/* Makes the link's token and the code. */
enum err proof_texts(struct keeper *k, struct str kind, struct uuid id, struct arena *a,
		     struct str *token, struct str *code);
