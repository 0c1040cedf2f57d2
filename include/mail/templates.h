/* SPDX-License-Identifier: MIT */
/*
 * Templates of mails: src/mail/templates, carried in the binary, and files that a folder has
 * instead. <locale>/<name>.txt begins with the subject and an empty line; <locale>/<name>.html goes
 * with it; <locale>/frame.txt and .html stand around all mails of a language.
 */
#pragma once

#include "conf/conf.h"
#include "text/template.h"

/* src/mail/templates: "en/reset.txt". */
extern const struct template_source mail_sources[];

struct templates;

/* One mail in one language; frames have no subject of their own. */
struct mail_template {
	const struct template *subject, *text, *html, *text_frame, *html_frame;
};

/*
 * Reads the templates; files that `folder` ("": none) has are taken instead of built-in ones. Adds
 * a fault for each file that cannot be used or never would be; NULL when there is any.
 */
struct templates *templates_load(struct str folder, struct arena *a, struct conf_faults *faults);

/* False when there is no mail of that name. locale is one of locales[] (text/locale.h). */
bool templates_find(const struct templates *t, struct str locale, struct str name,
		    struct mail_template *out);
