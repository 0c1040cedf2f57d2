/* SPDX-License-Identifier: MIT */
/* A letter: a row of the outbox, from which a mail is made that can be sent. */
#pragma once

#include "base/uuid.h"
#include "mail/templates.h"
#include "text/mailbox.h"

struct letter {
	struct uuid id;
	struct str template, locale;
	struct str recipient; /* an address, its domain in ASCII */
	struct str email;     /* the address as its owner writes it */
	struct str words;     /* JSON, as core/outbox.h has it */
	/* Of a proof; null: none. */
	struct str kind, code, token;
	int64_t code_us, link_us; /* how long code and link are good */
};

/*
 * Appends the mail. The sender and the beginning of links are the configuration's. Returns the null
 * str, or why there can be no such mail, with nothing of the code or the link in it.
 */
struct str letter_write(const struct letter *l, const struct conf *c, const struct templates *t,
			struct arena *a, struct buf *out);
