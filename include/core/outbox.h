/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"
#include "gen/outbox.h"

/*
 * What a template may say; null members are left out. Never a secret: see proof. All but `at` are
 * words of whoever caused the mail, who may be a stranger: see proved.
 */
struct mail_words {
	struct str name;      /* of the recipient */
	struct str new_email; /* that is to be, or has become, the address */
	struct str device;    /* User-Agent of who did it */
	struct str address;   /* from which it was done */
	struct str at;	      /* when, RFC 3339 */
};

/* A mail that is to be sent. */
struct mail {
	enum mail_kind template;
	struct str recipient, locale;
	/* Whose link and code go into it: the courier has them made. None: neither. */
	struct proof_id proof;
	/* Somebody has shown to read the mail of this very address. To any other the mail says
	 * when, and no more: anybody can have a mail sent there, and would choose what it says. */
	bool proved;
	bool nobody;	 /* written, so that it takes as long, and never sent */
	int64_t life_us; /* of no use later than that; 0 or more than that: mail.give_up */
	struct mail_words words;
};

/*
 * Puts it into the outbox, in the request's transaction. address, device and at are filled in. For
 * mails whose number something else bounds: of what was asked for proof_ask, or that the address
 * has proved before that its mail is read. Everything else is a notice.
 */
enum err mail_queue(struct req *r, const struct mail *m);

/*
 * The same for a mail about what has happened, which goes to an address however often that happens:
 * limits.address_mails an hour, all notices together, the last of them a summary. What comes
 * behind it is dropped, with OK. proof and nobody are not looked at.
 */
enum err mail_notice(struct req *r, const struct mail *m);

/* The keyed digest of an address (email_key) by which its mails are counted. */
enum err mail_box(struct req *r, struct str email_key, struct address_id *out);

/* The language of the mails of who asks: the best of Accept-Language that there is, or "en". */
struct str mail_locale(const struct req *r);

/* A mail that is dead, or waits for its next try, is sent now. changed: 0 when it is neither. In
 * the request's transaction, which notes it. */
enum err mail_retry(struct req *r, struct mail_id id, int64_t *changed);

/* The same of all that are dead: how many, a thousand a statement. */
enum err mail_retry_dead(struct req *r, int64_t *changed);
