/* SPDX-License-Identifier: MIT */
#include "serve/delivery.h"

#include "cred/proof_text.h"
#include "mail/letter.h"
#include "text/email.h"

static enum err prove(struct keeper *k, const struct letter_row *row, struct arena *a,
		      struct letter *l)
{
	TRY(proof_texts(k, proof_kind_word(row->kind), row->proof_id.uuid, a, &l->token, &l->code));
	l->kind = proof_kind_word(row->kind);
	l->code_us = row->code_us;
	l->link_us = row->link_us;
	return OK;
}

static enum err refuse(struct post_outcome *out, struct str why)
{
	*out = (struct post_outcome){ .result = POST_REFUSED, .reply = why };
	return OK;
}

enum err deliver(const struct delivery *d, const struct letter_row *row, struct arena *a,
		 struct post_outcome *out)
{
	struct letter l = { .id = row->id.uuid,
			    .template = mail_kind_word(row->template),
			    .locale = row->locale,
			    .email = row->recipient,
			    .words = row->words };
	struct mailbox from = { 0 };
	struct buf content = buf_make(a, 16384);
	bool proof = !uuid_none(row->proof_id.uuid);

	if (!email_mailbox(row->recipient, a, &l.recipient))
		return refuse(out, STR("the recipient is not an address"));
	if (proof && !row->good) {
		*out = (struct post_outcome){
			.result = POST_VOID, .reply = STR("its link is used, replaced or too old")
		};
		return OK;
	}
	if (proof)
		TRY(prove(d->keeper, row, a, &l));

	struct str fault = letter_write(&l, d->conf, d->templates, a, &content);

	if (fault.p != NULL || !mailbox_parse(d->conf->mail_from, a, &from))
		return refuse(out, fault.p == NULL ? STR("mail.from is not an address") : fault);

	struct parcel parcel = {
		.id = l.id, .from = from.address, .to = l.recipient, .content = buf_str(&content)
	};

	if (d->hurry) {
		*out = (struct post_outcome){ .result = POST_AWAY, .reply = STR("interrupted") };
		return OK;
	}
	return post_send(d->post, &parcel, a, out);
}
