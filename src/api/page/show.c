/* SPDX-License-Identifier: MIT */
/* Texts that people read, and where they stand in the template. */
#include "api/page/page.h"

#include <assert.h>
#include <string.h>

#include "api/dispatch.h"
#include "text/template.h"

const struct str texts[TEXTS][LOCALES] = {
#define TEXT(NAME, english, german) [TEXT_##NAME] = { STR(english), STR(german) },
#include "api/page/texts.def"
#undef TEXT
};

enum word {
#define WORD(NAME, name) WORD_##NAME,
#include "api/page/words.def"
#undef WORD
	WORDS
};

static const struct str words[WORDS] = {
#define WORD(NAME, name) STR(#name),
#include "api/page/words.def"
#undef WORD
};

/* src/api/page/templates. */
extern const struct template_source page_sources[];

static const struct template_kind html = { words, WORDS, true, WORDS };

/* The page of a link, and which fields its form has. */
static const struct link {
	enum text title, lead, go;
	bool email, password, choose;
	const char *use; /* of the password */
} links[] = {
	[PROOF_KIND_NONE] = { TEXT_ACCOUNT, TEXT_NONE, TEXT_NONE, .use = "" },
	[PROOF_KIND_VERIFY] = { TEXT_VERIFY, TEXT_VERIFY_LEAD, TEXT_CONFIRM, .password = true,
				.choose = true, .use = "current-password" },
	[PROOF_KIND_RESET] = { TEXT_RESET, TEXT_RESET_LEAD, TEXT_RESET_GO, .password = true,
			       .use = "new-password" },
	[PROOF_KIND_UNLOCK] = { TEXT_UNLOCK, TEXT_UNLOCK_LEAD, TEXT_UNLOCK_GO, .email = true,
				.password = true, .use = "current-password" },
	[PROOF_KIND_EMAIL_OLD] = { TEXT_EMAIL_CHANGE, TEXT_EMAIL_OLD_LEAD, TEXT_CONFIRM,
				   .use = "" },
	[PROOF_KIND_EMAIL_NEW] = { TEXT_EMAIL_CHANGE, TEXT_EMAIL_NEW_LEAD, TEXT_CONFIRM,
				   .password = true, .use = "current-password" },
	[PROOF_KIND_EMAIL_UNDO] = { TEXT_EMAIL_UNDO, TEXT_EMAIL_UNDO_LEAD, TEXT_EMAIL_UNDO_GO,
				    .use = "" },
};

const struct template *page_template(struct arena *a)
{
	struct template *t = NULL;
	struct str fault = { 0 };
	bool whole = template_parse(str_from(page_sources[0].text), 1, &html, a, &t, &fault);

	assert(whole && page_sources[1].path == NULL);
	return whole ? t : NULL;
}

enum proof_kind page_kind(struct str path)
{
	struct str part = { 0 };
	int kind = 0;

	while (str_split(&path, '/', &part))
		if (vocabulary_find(&proof_kind_vocabulary, part, &kind))
			return (enum proof_kind)kind;
	return PROOF_KIND_NONE;
}

static struct str say(struct str locale, enum text text)
{
	size_t i = 0;

	while (!str_eq(locales[i], locale))
		i++;
	return texts[text][i];
}

/* The value of a word of which the template only asks whether it is empty. */
static struct str mark(bool set)
{
	return set ? STR("yes") : (struct str){ 0 };
}

static void form(const struct call *c, const struct page *p, struct str locale, struct str *v)
{
	const struct link *link = &links[p->kind];

	v[WORD_ACTION] = arena_printf(c->req.arena, "%s/%s", v[WORD_ASSETS].p,
				      proof_kind_word(p->kind).p);
	v[WORD_LEAD] = say(locale, link->lead);
	v[WORD_GO] = say(locale, link->go);
	v[WORD_TOKEN] = p->token;
	if (link->email)
		v[WORD_EMAIL_LABEL] = say(locale, TEXT_EMAIL);
	v[WORD_EMAIL] = p->email;
	v[WORD_EMAIL_WRONG] = mark(str_eq(p->wrong, STR("email")));
	v[WORD_PASSWORD_USE] = str_from(link->use);
	v[WORD_PASSWORD_WRONG] = mark(str_eq(p->wrong, STR("password")));
	if (link->password)
		v[WORD_PASSWORD_LABEL] = say(locale, p->kind == PROOF_KIND_RESET ? TEXT_NEW_PASSWORD
										 : TEXT_PASSWORD);
	if (link->choose)
		v[WORD_CHOOSE] = say(locale, TEXT_CHOOSE);
	v[WORD_NEW_LABEL] = say(locale, TEXT_NEW_PASSWORD);
	v[WORD_NEW_WRONG] = mark(str_eq(p->wrong, STR("new_password")));
	v[WORD_SHOW] = say(locale, TEXT_SHOW);
}

struct str page_say(const struct call *c, enum text text)
{
	return say(locale_best(c->req.from.languages), text);
}

void page_show(struct call *c, const struct page *p)
{
	struct str locale = locale_best(c->req.from.languages), v[WORDS] = { 0 };

	v[WORD_LANG] = locale;
	v[WORD_TITLE] = say(locale, links[p->kind].title);
	v[WORD_ASSETS] = path_here(&c->req, "/account");
	v[WORD_PUBLIC_URL] = c->req.app->conf->server_public_url;
	v[WORD_FAILED] = p->failed;
	if (p->done != TEXT_NONE)
		v[WORD_DONE] = say(locale, p->done);
	if (p->token.n > 0)
		form(c, p, locale, v);
	/* Nothing of it is from elsewhere, none of it stands in the page, nobody frames it. */
	header_add(c->reply, "Content-Security-Policy",
		   STR("default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none';"
		       " form-action 'self'; frame-ancestors 'none'"));
	template_render(c->dispatch->page, v, &c->reply->body);
}
