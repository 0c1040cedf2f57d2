/* SPDX-License-Identifier: MIT */
/* Checks of the settings of mails, and of the URLs that people reach us by. */
#include "base/origin.h"
#include "conf/setting.h"
#include "text/mailbox.h"

/* The scheme that mail.url begins with; the null str: something else. */
static struct str scheme_of(struct str url)
{
	static const struct str schemes[] = { STR("smtp://"), STR("smtps://"), STR("file:///") };

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_starts(url, schemes[i]))
			return schemes[i];
	return (struct str){ 0 };
}

static bool has(struct str s, const char *bytes)
{
	for (size_t i = 0; i < s.n; i++)
		for (const char *b = bytes; *b != '\0'; b++)
			if (s.p[i] == *b)
				return true;
	return false;
}

/* Whether all characters can stand in a URL as they are (RFC 3986 section 2). */
static bool visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || has((struct str){ s.p + i, 1 }, "\"<>\\^`{|}"))
			return false;
	return s.n > 0;
}

/* host, host:25, [::1]:25; behind a slash the name that we give ourselves may follow. */
static bool authority(struct str s)
{
	struct str host = { 0 }, port = { 0 }, rest = s;
	int64_t number = 0;

	if (!str_split(&rest, '/', &s) || has(s, "@?#") || has(rest, "@?#/"))
		return false;
	if (str_starts(s, STR("["))) {
		if (!str_split(&s, ']', &host) || host.n < 3 || s.p == NULL)
			return false;
		if (s.n == 0)
			return true;
		port = str_from_at(s, 1);
		return *s.p == ':' && str_to_i64(port, 1, 65535, &number);
	}
	if (!str_split(&s, ':', &host) || host.n == 0)
		return false;
	return s.p == NULL || str_to_i64(s, 1, 65535, &number);
}

static void check_url(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	struct str scheme = scheme_of(c->mail_url);
	struct str rest = scheme.p == NULL ? c->mail_url : str_from_at(c->mail_url, scheme.n);
	bool file = str_eq(scheme, STR("file:///"));

	/* The value is not repeated: somebody may have put a password into it. */
	if (scheme.p != NULL && has(rest, "@"))
		conf_fault_add(faults, a,
			       "mail.url: user and password go into mail.user and mail.password, "
			       "not before an \"@\"");
	else if (scheme.p == NULL || !visible(rest) || (!file && !authority(rest)))
		conf_fault_add(faults, a,
			       "mail.url: is no place to send mails to; write "
			       "smtp://mail.example.org:587, smtps://mail.example.org:465 or "
			       "file:///folder");
	if (c->mail_plain && !str_eq(scheme, STR("smtp://")))
		conf_fault_add(faults, a,
			       "mail.plain: is for smtp:// only; leave it out, or change mail.url");
}

static void check_login(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	if (c->mail_user.n > 0 && c->mail_password.n == 0)
		conf_fault_add(faults, a,
			       "mail.password: not set, but mail.user is; set APP__MAIL__PASSWORD, "
			       "or APP__MAIL__PASSWORD_FILE to a file with it");
	if (c->mail_user.n == 0 && c->mail_password.n > 0)
		conf_fault_add(faults, a, "mail.user: not set, but mail.password is; set both");
	if (c->mail_plain && c->mail_password.n > 0)
		conf_fault_add(
			faults, a,
			"mail.plain: a password is never sent without TLS; set mail.plain to "
			"false, or take mail.user and mail.password out");
}

static void check_from(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	struct mailbox from = { 0 };
	bool good = mailbox_parse(c->mail_from, a, &from);

	for (size_t i = 0; good && i < from.address.n; i++)
		good = (unsigned char)from.address.p[i] < 0x80;
	if (!good)
		conf_fault_add(
			faults, a,
			"mail.from: \"%s\" is no sender; write an address in ASCII (a domain "
			"of other letters as xn--...), as in Postern <postern@example.org>",
			setting_quote(c->mail_from, a).p);
}

/* Whether a host is this machine, with a port or a path behind it or nothing. */
static bool local(struct str host)
{
	static const struct str names[] = { STR("localhost"), STR("127.0.0.1"), STR("[::1]") };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str rest = str_from_at(host, names[i].n);

		if (str_starts(host, names[i]) && (rest.n == 0 || *rest.p == ':' || *rest.p == '/'))
			return true;
	}
	return false;
}

/* Links that hold a token go through no network as they are. */
static void check_public_url(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	static const struct str http = STR("http://");
	struct str url = c->server_public_url, origin = { 0 }, path = { 0 };
	bool good = visible(url) && !has(url, "@?#") && origin_parse(url, a, &origin, &path);

	if (good && str_starts(origin, http))
		good = local(str_from_at(origin, http.n));
	if (!good || (path.n > 0 && path.p[path.n - 1] == '/'))
		conf_fault_add(faults, a,
			       "server.public_url: \"%s\" is nothing that links can begin with; "
			       "write https:// and the name that people reach this by, without a "
			       "slash at the end, as in https://accounts.example.org",
			       setting_quote(url, a).p);
}

/* A slash at the end is forgiven; a text that no browser sends as Origin would never match. */
static void check_origins(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	struct str rest = c->server_origins, one = { 0 }, origin = { 0 }, path = { 0 };

	while (rest.n > 0 && str_split(&rest, ',', &one)) {
		one = str_trim(one);
		if (origin_parse(one, a, &origin, &path) && path.n <= 1)
			continue;
		conf_fault_add(
			faults, a,
			"server.origins: \"%s\" is no origin of a page; write scheme, name "
			"and perhaps port, as in https://app.example.org, with commas between "
			"several",
			setting_quote(one, a).p);
	}
}

void conf_check_mail(const struct conf *c, struct arena *a, struct conf_faults *faults)
{
	check_public_url(c, a, faults);
	check_origins(c, a, faults);
	check_from(c, a, faults);
	check_login(c, a, faults);
	if (c->mail_url.n > 0)
		check_url(c, a, faults);
}
