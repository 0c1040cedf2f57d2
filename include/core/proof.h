/* SPDX-License-Identifier: MIT */
/* Proofs that somebody reads the mail of an address: a link and a code, good once. Their texts:
 * cred/proof_text.h. */
#pragma once

#include "core/req.h"
#include "gen/proofs.h"

struct proof {
	enum proof_kind kind;
	struct user_id user; /* none: nobody; the proof is made all the same */
	struct email_change_id change;
	int64_t link_us; /* how long the link is good; the code: accounts.code_ttl at most */
};

/* Makes a proof; earlier ones of its kind that the user has are void, but for EMAIL_UNDO. */
enum err proof_make(struct req *r, const struct proof *p, struct proof_id *out);

/* Keyed digests of an address: by `asked` proofs are counted, those of each purpose apart; by
 * `mailbox` all mails. */
struct proof_address {
	struct address_id asked, mailbox;
};

/* A proof that an address is asked for by somebody who may have made the address up. */
struct proof_asked {
	enum proof_kind kind;
	struct proof_address address;
	struct user_id user; /* none: nobody has the address */
	struct email_change_id change;
	int64_t link_us; /* as in struct proof */
	bool keep;	 /* earlier proofs of the address stay as they are */
};

/* The digests of an address (email_key), for what it is asked to prove. */
enum err proof_address(struct req *r, struct str what, struct str email_key,
		       struct proof_address *out);

/*
 * Makes the proof in the request's transaction (begin one before); others for the same address wait
 * until that ends. The same work is done whether somebody has the address or not. Earlier proofs of
 * the address are void; but once limits.mails were sent within an hour, or the mailbox was sent
 * limits.address_mails proofs (in a day limits.address_mails_day), they stay, the new one is
 * nobody's, and out->mailed says that there is nothing to be mailed. Where none of the earlier ones
 * is good any more, the new one is to be mailed all the same.
 */
enum err proof_ask(struct req *r, const struct proof_asked *p, struct asked_proof_row *out);

/*
 * Makes requests that ask two addresses in one transaction wait for them in the same order, or two
 * who ask for one another's address would never go on. Call it before the first is asked.
 */
enum err proof_order(struct req *r, const struct proof_address *first,
		     const struct proof_address *second);

/* A proof that somebody brings: the token of its link, or its id with its code. */
struct proof_given {
	struct str token;
	struct proof_id id;
	struct str code;
};

/* Members of a proof in the SCHEMA of an input that has it as `given`, or where `at` says. */
/* clang-format off */
#define PROOF_GIVEN(type) PROOF_GIVEN_AS(type, given)
#define PROOF_GIVEN_AS(type, at)                                                                   \
	FIELD_AS("token", type, at.token, .optional = true, .min = 1, .max = 1024,              \
		 .side = SIDE_ONE,                                                                 \
		 .doc = "Of the link; or else id and code"),                                       \
	FIELD_AS("id", type, at.id, .optional = true, .side = SIDE_OTHER,                       \
		 .doc = "What asking for the mail was answered with"),                             \
	FIELD_AS("code", type, at.code, .optional = true, .min = 1, .max = 64,                  \
		 .side = SIDE_OTHER,                                                               \
		 .doc = "Eight digits; spaces and hyphens do not count")
/* clang-format on */

/*
 * Whether the members that somebody brings go together: ERR_INVALID is a mistake, and not a guess.
 * prefix: of their names in the input, "" or "proof_".
 */
enum err proof_members(struct req *r, const struct proof_given *g, const char *prefix);

/*
 * Whether the proof fits, is not used, not too old and not tried too often. A code's try is
 * counted, for good, before it is compared: five tries and the code is dead, however many come at
 * the same moment; the link stays, for nobody guesses it. Does not use the proof up. No transaction
 * may be open. ERR_PROOF_WRONG: wrong, or made for nobody, which takes as long. ERR_PROOF_GONE:
 * used, replaced, too old, tried too often or of another kind. ERR_INVALID: neither token nor id
 * and code, or both.
 */
enum err proof_check(struct req *r, enum proof_kind kind, const struct proof_given *g,
		     struct proof_row *out);

/*
 * Whether whoever brings a proof is the one who asked for it. A link is mailed to whomever a
 * stranger names, and whoever only follows it must not end up with an account that the stranger's
 * password opens. So with a link comes the password, whose hash is given, or the access token of
 * that user. A code comes with its id, which only the one who asked was told; a password that is
 * brought all the same has to be right. ERR_PASSWORD_NEEDED, ERR_PASSWORD_WRONG.
 */
enum err proof_password(struct req *r, const struct proof_given *g, struct user_id user,
			struct secret password, struct secret hash);

/* Gives back the try of a code that was right, in the request's transaction: the request was
 * refused for another reason. */
enum err proof_spare(struct req *r, struct proof_id id);

/* Uses the proof up in the request's transaction (begin one before), and locks its user until that
 * ends. ERR_PROOF_GONE when somebody else was faster. */
enum err proof_use(struct req *r, struct proof_id id);

/*
 * Voids the proofs that a user has not used, and a change of address that is not done, after a new
 * password or address; not links to undo a new address, for it may be a thief who sets the
 * password. Change or lock the user before.
 */
enum err proof_void(struct req *r, struct user_id user);
