/* SPDX-License-Identifier: MIT */
/* What lies between the settings of mails. */
#include "conf_world.h"

#define BASE JWT, "DATABASE_URL=postgresql://localhost/postern"
#define MAIL_URL "APP__MAIL__URL="
#define FROM "APP__MAIL__FROM="
#define PUBLIC "APP__SERVER__PUBLIC_URL="
#define ORIGINS "APP__SERVER__ORIGINS="

/* The beginning of the only fault; "": there is none. */
static const struct {
	const char *env[ENV_MAX];
	const char *fault;
} rows[] = {
	{ { BASE, MAIL_URL "smtp://mail.example.org" }, "" },
	{ { BASE, MAIL_URL "smtp://mail.example.org:587/our.name.example" }, "" },
	{ { BASE, MAIL_URL "smtps://192.0.2.7:465" }, "" },
	{ { BASE, MAIL_URL "smtp://[2001:db8::1]:25" }, "" },
	{ { BASE, MAIL_URL "smtp://[2001:db8::1]" }, "" },
	{ { BASE, MAIL_URL "file:///var/mail" }, "" },
	{ { BASE, MAIL_URL "smtp://" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://:25" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://host:0" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://host:65536" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://host:" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://[::1" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://[::1]x" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://host/a/b" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://ho st" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "http://host" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "mail.example.org:587" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "file://folder" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "file:///" }, "mail.url: is no place" },
	{ { BASE, MAIL_URL "smtp://bob:secret@host" }, "mail.url: user and password go into" },
	{ { BASE, "APP__MAIL__PLAIN=true", MAIL_URL "smtp://host" }, "" },
	{ { BASE, "APP__MAIL__PLAIN=true", MAIL_URL "smtps://host" },
	  "mail.plain: is for smtp://" },
	{ { BASE, "APP__MAIL__USER=bob" }, "mail.password: not set, but mail.user is" },
	{ { BASE, "APP__MAIL__PASSWORD=x" }, "mail.user: not set, but mail.password is" },
	{ { BASE, "APP__MAIL__USER=bob", "APP__MAIL__PASSWORD=x" }, "" },
	{ { BASE, "APP__MAIL__USER=bob", "APP__MAIL__PASSWORD=x", "APP__MAIL__PLAIN=true",
	    MAIL_URL "smtp://host" },
	  "mail.plain: a password is never sent without TLS" },
	{ { BASE, FROM "ann@example.org" }, "" },
	{ { BASE, FROM "Häuser <ann@example.org>" }, "" },
	{ { BASE, FROM "\"Häuser, GmbH\" <ann@localhost>" }, "" },
	{ { BASE, FROM "Ann" }, "mail.from: \"Ann\" is no sender" },
	{ { BASE, FROM "Ann <ann>" }, "mail.from:" },
	{ { BASE, FROM "ann@bücher.example" }, "mail.from:" },
	{ { BASE, FROM "Ann <ann@example.org> x" }, "mail.from:" },
	{ { BASE, PUBLIC "https://accounts.example.org" }, "" },
	{ { BASE, PUBLIC "https://example.org:8443/accounts" }, "" },
	{ { BASE, PUBLIC "http://localhost:8080" }, "" },
	{ { BASE, PUBLIC "http://[::1]:8080/path" }, "" },
	{ { BASE, PUBLIC "https://Auth.Example.org:443" }, "" },
	{ { BASE, PUBLIC "https://auth.example.org:0" }, "server.public_url:" },
	{ { BASE, PUBLIC "https://bücher.example" }, "server.public_url:" },
	{ { BASE, ORIGINS "https://app.example.org" }, "" },
	{ { BASE, ORIGINS "https://App.Example.org:443/, http://localhost:3000" }, "" },
	{ { BASE, ORIGINS "https://[2001:db8::1]:8443" }, "" },
	{ { BASE, ORIGINS "*" }, "server.origins: \"*\" is no origin" },
	{ { BASE, ORIGINS "app.example.org" }, "server.origins: \"app.example.org\" is no origin" },
	{ { BASE, ORIGINS "https://a.example,https://b.example/path" },
	  "server.origins: \"https://b.example/path\"" },
	{ { BASE, ORIGINS "https://*.example.org" }, "server.origins:" },
	{ { BASE, ORIGINS "https://u@example.org" }, "server.origins:" },
	{ { BASE, ORIGINS "https://bücher.example" }, "server.origins:" },
	{ { BASE, ORIGINS "null" }, "server.origins:" },
	{ { BASE, "APP__MAIL__AUTH=CRAM-MD5" }, "" },
	{ { BASE, PUBLIC "http://localhost.example.org" }, "server.public_url:" },
	{ { BASE, PUBLIC "http://accounts.example.org" }, "server.public_url: \"http://acc" },
	{ { BASE, PUBLIC "https://example.org/" }, "server.public_url:" },
	{ { BASE, PUBLIC "https://example.org#a" }, "server.public_url:" },
	{ { BASE, PUBLIC "https://example.org?a" }, "server.public_url:" },
	{ { BASE, PUBLIC "https:///path" }, "server.public_url:" },
	{ { BASE, PUBLIC "https://a@b.example" }, "server.public_url:" },
	{ { BASE, PUBLIC "example.org" }, "server.public_url:" },
};

static void test_mail(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool fine = *rows[i].fault == '\0';

		if (!load(w, rows[i].env))
			fail_msg("row %zu: %s", i, told(w));
		if (conf_check(&w->conf, w->arena, &w->faults) != fine || w->faults.n != !fine ||
		    strncmp(told(w), rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu (%s): %s", i, rows[i].env[2], told(w));
		assert_null(strstr(told(w), "secret@"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_mail) };

	return cmocka_run_group_tests_name("conf_mail", tests, NULL, NULL);
}
