/* SPDX-License-Identifier: MIT */
/* Mails that handlers ask the courier to send. */
#include "core/outbox.h"

#include <string.h>

#include "core/audit.h"
#include "gen/outbox.h"
#include "schema/json.h"
#include "text/email.h"
#include "text/locale.h"

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
	return locale_best(r->from.languages);
}

/* The words of a mail as the table has them. */
static struct str words_of(struct req *r, const struct mail *m)
{
	struct mail_words words = { 0 };
	char at[INSTANT_TEXT];
	struct buf json = buf_make(r->arena, 256);

	if (m->proved) {
		words = m->words;
		words.address = r->from.address;
		words.device = req_device(r);
	}
	words.at = instant_format(instant_now(), at);
	json_encode(&mail_words_schema, &words, &json);
	return buf_str(&json);
}

static struct str mail_language(const struct mail *m)
{
	return m->locale.n == 0 ? STR("en") : m->locale;
}

static int64_t life_of(const struct req *r, const struct mail *m)
{
	int64_t life = r->app->conf->mail_give_up;

	return m->life_us > 0 && m->life_us < life ? m->life_us : life;
}

enum err mail_queue(struct req *r, const struct mail *m)
{
	struct outbox_insert row = {
		.id = mail_id_new(),
		.template = m->template,
		.locale = mail_language(m),
		.recipient = m->recipient,
		.proof_id = m->proof,
		.words = words_of(r, m),
		.state = m->nobody ? MAIL_STATE_VOID : MAIL_STATE_QUEUED,
		.life_us = life_of(r, m),
	};

	return outbox_insert(r->db, &row, NULL);
}

enum err mail_box(struct req *r, struct str email_key, struct address_id *out)
{
	struct str mac = { 0 };

	TRY(keeper_mac(r->app->keeper, "address:mailbox", email_key, r->arena, &mac));
	memcpy(out->uuid.b, mac.p, sizeof out->uuid.b);
	return OK;
}

enum err mail_notice(struct req *r, const struct mail *m)
{
	const struct conf *c = r->app->conf;
	struct outbox_insert_notice row = {
		.id = mail_id_new(),
		.template = m->template,
		.summary = MAIL_KIND_MORE,
		.locale = mail_language(m),
		.recipient = m->recipient,
		.words = words_of(r, m),
		.life_us = life_of(r, m),
		.hour_most = c->limits_address_mails,
		.day_most = c->limits_address_mails_day,
	};
	struct str key = m->recipient;

	/* One key for all spellings, as accounts have it. */
	(void)email_key(m->recipient, r->arena, &key);
	TRY(mail_box(r, key, &row.mailbox));
	return outbox_insert_notice(r->db, &row, NULL);
}

static enum err note_retry(struct req *r, struct str which)
{
	struct audit_note note = { .action = AUDIT_MAIL_RETRY, .detail = which };

	return audit_note(r, &note);
}

enum err mail_retry(struct req *r, struct mail_id id, int64_t *changed)
{
	struct outbox_retry in = { .id = id, .life_us = r->app->conf->mail_give_up };
	char text[UUID_TEXT];

	TRY(outbox_retry(r->db, &in, changed));
	return *changed == 0 ? OK : note_retry(r, uuid_format(id.uuid, text));
}

enum err mail_retry_dead(struct req *r, int64_t *changed)
{
	struct outbox_retry_dead in = { .life_us = r->app->conf->mail_give_up };
	int64_t n = 0, all = 0;

	do {
		TRY(outbox_retry_dead(r->db, &in, &n));
		all += n;
	} while (n > 0);
	*changed = all;
	if (all == 0)
		return OK;
	return note_retry(r, arena_printf(r->arena, "%lld dead ones", (long long)all));
}
