/* SPDX-License-Identifier: MIT */
/* A mail as it goes over the wire: RFC 5322 and MIME, lines ended by CRLF. */
#pragma once

#include "base/buf.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "text/mailbox.h"

struct message {
	struct uuid id; /* Message-ID, so that whoever gets it twice can tell */
	struct mailbox from;
	struct str to; /* an address */
	struct str subject, text, html;
	struct str language; /* RFC 5646 */
	struct instant date;
};

/*
 * Appends the message. False when an address cannot stand in a header, or a text is not valid
 * UTF-8; names and subject may hold anything else, and cannot end their header. All bytes are
 * ASCII, but for an address that is not (RFC 6532).
 */
bool message_write(const struct message *m, struct buf *out);
