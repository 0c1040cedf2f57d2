/* SPDX-License-Identifier: MIT */
#include "mail/letter.h"

#include "mail/message.h"
#include "mail/words.h"
#include "text/locale.h"

enum { CODE_GROUP = 4 };

/* "12345678" as people read it out: "1234 5678". */
static struct str grouped(struct str code, struct arena *a)
{
	struct buf b = buf_make(a, code.n * 2);

	for (size_t i = 0; i < code.n; i++) {
		if (i > 0 && i % CODE_GROUP == 0)
			buf_char(&b, ' ');
		buf_char(&b, code.p[i]);
	}
	return buf_str(&b);
}

static void add_proof(const struct letter *l, const struct conf *c, struct str locale,
		      struct arena *a, struct words *w)
{
	w->v[WORD_LINK] = arena_printf(a, "%s/account/%s?token=%s", c->server_public_url.p,
				       l->kind.p, l->token.p);
	w->v[WORD_LINK_TIME] = words_time(l->link_us, locale, a);
	w->v[WORD_LINK_MINUTES] = words_minutes(l->link_us, a);
	w->v[WORD_CODE_TIME] = words_time(l->code_us, locale, a);
	w->v[WORD_CODE_MINUTES] = words_minutes(l->code_us, a);
	/* A mail may have waited for longer than its code was good for. */
	if (w->v[WORD_CODE_MINUTES].n > 0)
		w->v[WORD_CODE] = grouped(l->code, a);
}

static struct str render(const struct template *t, const struct words *w, struct arena *a)
{
	struct buf b = buf_make(a, 2048);

	template_render(t, w->v, &b);
	return buf_str(&b);
}

static struct str framed(const struct template *frame, const struct template *t, struct words *w,
			 struct arena *a)
{
	w->v[WORD_CONTENT] = render(t, w, a);
	return render(frame, w, a);
}

struct str letter_write(const struct letter *l, const struct conf *c, const struct templates *t,
			struct arena *a, struct buf *out)
{
	struct str locale = locale_of(l->locale);
	struct words words = {
		.v = { [WORD_EMAIL] = l->email, [WORD_PUBLIC_URL] = c->server_public_url }
	};
	struct mail_template mail = { 0 };
	struct message m = {
		.id = l->id, .to = l->recipient, .language = locale, .date = instant_now()
	};

	if (!templates_find(t, locale, l->template, &mail))
		return STR("there is no template of that name");
	if (!words_read(l->words, a, &words))
		return STR("its words are not a JSON object");
	if (!mailbox_parse(c->mail_from, a, &m.from))
		return STR("mail.from is not an address");
	if (l->token.n > 0)
		add_proof(l, c, locale, a, &words);
	m.subject = render(mail.subject, &words, a);
	words.v[WORD_SUBJECT] = m.subject;
	m.text = framed(mail.text_frame, mail.text, &words, a);
	m.html = framed(mail.html_frame, mail.html, &words, a);
	if (!message_write(&m, out))
		return STR("the address cannot be written to");
	return (struct str){ 0 };
}
