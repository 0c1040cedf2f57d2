/* SPDX-License-Identifier: MIT */
/* From what the outbox holds to a mail that can be sent. */
#pragma once

#include "base/uuid.h"
#include "mail/templates.h"
#include "text/mailbox.h"

struct letter {
	struct uuid id;
	struct str template, locale;
	struct str recipient; /* an address, its domain in ASCII */
	struct str email;     /* the same as its owner writes it */
	struct str words;     /* JSON, as api/mail.h has it */
	/* Of a proof; null: none. */
	struct str kind, code, token;
	int64_t code_us, link_us; /* how long they are good */
};

/*
 * Appends the mail. Where it comes from and what links begin with is the configuration's. Returns
 * the null str, or why there can be no such mail; nothing of the code or the link is in that.
 */
struct str letter_write(const struct letter *l, const struct conf *c, const struct templates *t,
			struct arena *a, struct buf *out);
