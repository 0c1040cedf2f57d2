/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/req.h"
#include "gen/outbox.h"

/*
 * Words that a template may say; null ones are left out. None is ever a secret: see proof. All but
 * `at` are of whoever caused the mail, who may be a stranger: see proved.
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
	/* The proof's link and code go into the mail: the courier has them made. None: neither. */
	struct proof_id proof;
	/* Somebody has shown to read the mail of this very address. A mail to any other says when,
	 * and no more: anybody can have a mail sent there, and would choose what it says. */
	bool proved;
	bool nobody;	 /* the mail is written, so that it takes as long, and never sent */
	int64_t life_us; /* the mail is of no use later; 0 or too long: mail.give_up */
	struct mail_words words;
};

/*
 * Puts a mail into the outbox, in the request's transaction, and fills in address, device and at.
 * For mails whose number something else bounds: proof_ask, where they were asked for, or that the
 * address has proved before that its mail is read. Every other mail is a notice.
 */
enum err mail_queue(struct req *r, const struct mail *m);

/*
 * The same for a mail about what has happened, however often that happens: one address gets
 * limits.address_mails an hour and limits.address_mails_day a day, all notices together, the last
 * of them a summary. Notices behind that are dropped, with OK. proof and nobody are not looked at.
 */
enum err mail_notice(struct req *r, const struct mail *m);

/* The keyed digest of an address (email_key) by which its mails are counted. */
enum err mail_box(struct req *r, struct str email_key, struct address_id *out);

/* The language of mails for whoever asks: the best of Accept-Language that there is, or "en". */
struct str mail_locale(const struct req *r);

/* A mail that is dead, or waits for its next try, is sent now. changed: 0 when it is neither. In
 * the request's transaction, which notes it. */
enum err mail_retry(struct req *r, struct mail_id id, int64_t *changed);

/* The same for all mails that are dead, a thousand a statement. changed: how many. */
enum err mail_retry_dead(struct req *r, int64_t *changed);
