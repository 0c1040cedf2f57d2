/* SPDX-License-Identifier: MIT */
/* What handlers ask the courier to send. */
#include "api/mail.h"

#include "gen/outbox.h"
#include "http/json.h"
#include "mail/locale.h"

/* clang-format off */
SCHEMA(mail_words, mail_words,
	FIELD(mail_words, name),
	FIELD(mail_words, new_email),
	FIELD(mail_words, device),
	FIELD(mail_words, address),
	FIELD(mail_words, at));
/* clang-format on */

struct str mail_locale(const struct req *r)
{
	return locale_best(r->http->accept_language);
}

enum err mail_queue(struct req *r, const struct mail *m)
{
	struct mail_words words = m->words;
	int64_t life = r->app->conf->mail_give_up;
	char at[INSTANT_TEXT];
	struct buf json = buf_make(r->arena, 256);

	words.address = client_address(r);
	words.device = client_device(r);
	words.at = instant_format(instant_now(), at);
	json_encode(&mail_words_schema, &words, &json);

	struct outbox_insert row = {
		.id = mail_id_new(),
		.template = str_from(m->template),
		.locale = m->locale.n == 0 ? STR("en") : m->locale,
		.recipient = m->recipient,
		.proof_id = m->proof,
		.words = buf_str(&json),
		.state = m->nobody ? STR("void") : STR("queued"),
		.life_us = m->life_us > 0 && m->life_us < life ? m->life_us : life,
	};

	return outbox_insert(r->db, &row, NULL);
}
