/* SPDX-License-Identifier: MIT */
#pragma once

#include "api/req.h"

/* What a template may say; null members are left out. Never a secret: see proof. */
struct mail_words {
	struct str name;      /* of the recipient */
	struct str new_email; /* that is to be, or has become, the address */
	struct str device;    /* User-Agent of who did it */
	struct str address;   /* from which it was done */
	struct str at;	      /* when, RFC 3339 */
};

/* A mail that is to be sent. */
struct mail {
	const char *template; /* "reset"; see src/mail */
	struct str recipient, locale;
	/* Whose link and code go into it: the courier has them made. None: neither. */
	struct proof_id proof;
	bool nobody;	 /* written, so that it takes as long, and never sent */
	int64_t life_us; /* of no use later than that; 0 or more than that: mail.give_up */
	struct mail_words words;
};

/* Puts it into the outbox, in the request's transaction. address, device and at are filled in. */
enum err mail_queue(struct req *r, const struct mail *m);

/* The language of the mails of who asks: the best of Accept-Language that there is, or "en". */
struct str mail_locale(const struct req *r);
