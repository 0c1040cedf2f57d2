/* SPDX-License-Identifier: MIT */
/* Proofs that somebody reads the mail of an address: a link and a code, good once. What they say:
 * cred/proof_text.h. */
#pragma once

#include "core/req.h"
#include "gen/proofs.h"

struct proof {
	enum proof_kind kind;
	struct user_id user; /* none: nobody; it is made all the same */
	struct email_change_id change;
	int64_t link_us; /* how long the link is good; the code accounts.code_ttl, or that if less
			  */
};

/* Makes one; those of that kind that the user had are void. */
enum err proof_make(struct req *r, const struct proof *p, struct proof_id *out);

/* Keyed digests of an address: by `asked` proofs are counted, apart for what they are for; by
 * `mailbox` all mails. */
struct proof_address {
	struct address_id asked, mailbox;
};

/* What an address is asked to prove by somebody who may have made it up. */
struct proof_asked {
	enum proof_kind kind;
	struct proof_address address;
	struct user_id user; /* none: nobody has the address */
	struct email_change_id change;
	int64_t link_us; /* as in struct proof */
	bool keep;	 /* those it was asked for before stay as they are */
};

/* Those of an address (email_key), for what it is asked to prove. */
enum err proof_address(struct req *r, struct str what, struct str email_key,
		       struct proof_address *out);

/*
 * Makes the proof in the request's transaction (begin one before); others for the same address wait
 * until that ends. The same work is done whether somebody has the address or not. Those it was
 * asked for before are void; but once limits.mails were sent within an hour, or the mailbox was
 * sent limits.address_mails proofs, they stay, the new one is nobody's, and out->mailed says that
 * there is nothing to be mailed. Unless none of them is good any more: then there is one to be
 * mailed all the same.
 */
enum err proof_ask(struct req *r, const struct proof_asked *p, struct asked_proof_row *out);

/*
 * For who asks two addresses in one transaction, before the first of them: has others wait in an
 * order that is the same for all, or two who ask for one another's address would never go on.
 */
enum err proof_order(struct req *r, const struct proof_address *first,
		     const struct proof_address *second);

/* What somebody brings: the token of a link, or the id of the proof with its code. */
struct proof_given {
	struct str token;
	struct proof_id id;
	struct str code;
};

/* Its members in the SCHEMA of an input whose struct has it as `given`, or where `at` says. */
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
 * Whether the members go together that somebody brings: ERR_INVALID is a mistake, and not a guess.
 * prefix: of their names in the input, "" or "proof_".
 */
enum err proof_members(struct req *r, const struct proof_given *g, const char *prefix);

/*
 * Whether it fits, is not used, not too old and not tried too often. A code's try is counted, for
 * good, before it is compared: five tries and the code is dead, however many come at the same
 * moment; the link stays, for nobody guesses it. Does not use it up. No transaction may be open.
 * ERR_PROOF_WRONG: wrong, or made for nobody, which takes as long. ERR_PROOF_GONE: used, replaced,
 * too old, tried too often or of another kind. ERR_INVALID: neither token nor id and code, or both.
 */
enum err proof_check(struct req *r, enum proof_kind kind, const struct proof_given *g,
		     struct proof_row *out);

/*
 * Whether whoever brings a proof is who asked for it. A link is mailed to whomever a stranger
 * names, and whoever only follows it must not end up with an account that the stranger's password
 * opens. So with a link comes the password, whose hash is given, or the access token of that user.
 * A code comes with its id, which only who asked was told; a password that is brought all the same
 * has to be right. ERR_PASSWORD_NEEDED, ERR_PASSWORD_WRONG.
 */
enum err proof_password(struct req *r, const struct proof_given *g, struct user_id user,
			struct secret password, struct secret hash);

/* Gives back the try of a code that was right, in the request's transaction: it was for another
 * reason that it could not be used. */
enum err proof_spare(struct req *r, struct proof_id id);

/* Uses it up in the request's transaction (begin one before), and locks its user until that ends.
 * ERR_PROOF_GONE when somebody else was faster. */
enum err proof_use(struct req *r, struct proof_id id);

/* Voids what a user has not used, after a new password or address; not links to undo a new address,
 * for it may be a thief who sets the password. Change or lock the user before. */
enum err proof_void(struct req *r, struct user_id user);
