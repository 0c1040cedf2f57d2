/* SPDX-License-Identifier: MIT */
/*
 * Another address for an account: asked for with the password, confirmed by both addresses, and
 * open to be undone for some days by whoever reads the mail of the old one.
 */
#pragma once

#include "core/proof.h"
#include "core/req.h"
#include "gen/users.h"

/* Ids to go with the codes in the mails to both, and the time until which both have to confirm. */
struct address_asked {
	struct proof_id old_id, new_id;
	struct instant expires_at;
};

/*
 * The user who is signed in asks for another address. ERR_INVALID when the account has that one
 * already; and what limit_password and limit_mail_own refuse.
 */
enum err address_change_ask(struct req *r, const struct email *email, struct secret password,
			    struct address_asked *out);

/* The user who is signed in keeps the address; OK also when nothing was asked for. */
enum err address_change_cancel(struct req *r);

/* The state of a change so far. */
struct address_confirmed {
	struct str email; /* the new address */
	bool old_confirmed, new_confirmed, done;
};

/*
 * One of the two addresses confirms, with what its mail says. password: null, or the account's,
 * which the link to the new address needs unless its user is signed in. ERR_PASSWORD_NEEDED,
 * ERR_EMAIL_TAKEN when somebody else was faster, and what proof_check refuses.
 */
enum err address_change_confirm(struct req *r, const struct proof_given *given,
				struct secret password, struct address_confirmed *out);

/* Goes back to the old address, with the token of the link that it was sent; ends all sessions. */
enum err address_change_undo(struct req *r, struct str token);

/*
 * An admin has given a user another address, in the request's transaction: nothing that the old one
 * has confirmed, or could undo, holds any more, and its owner is told.
 */
enum err address_change_forced(struct req *r, const struct user_before_row *before,
			       struct str new_email);
