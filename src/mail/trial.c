/* SPDX-License-Identifier: MIT */
/*
 * A conversation with the mail server that ends before there is a mail. libcurl has no word for it,
 * but says any command in place of HELP; that command is MAIL here, which a QUIT then takes back
 * (RFC 5321 section 4.1.1.10).
 */
#include <curl/curl.h>
#include <string.h>

#include "mail/drop.h"
#include "mail/post.h"
#include "mail/reply.h"
#include "mail/smtp.h"
#include "text/mailbox.h"

enum {
	/* Whoever types -t waits for the server; some let a caller wait before they greet. */
	LONGEST_MS = 10000
};

struct trial {
	const struct conf *conf;
	struct arena *arena;
	struct dialogue dialogue;
	CURLcode result;
	char error[CURL_ERROR_SIZE];
	bool connected, asked; /* asked: AUTH was said */
};

static int overhear(CURL *easy, curl_infotype type, char *data, size_t n, void *trial)
{
	struct trial *t = trial;
	struct str s = { data, n };

	(void)easy;
	if (type == CURLINFO_HEADER_OUT) {
		t->asked = t->asked || str_starts(s, STR("AUTH "));
		dialogue_said(&t->dialogue, s);
	} else if (type == CURLINFO_HEADER_IN) {
		t->connected = true;
		dialogue_heard(&t->dialogue, s);
	}
	return 0;
}

/* The server's own words, or else those of libcurl, for the brackets. */
static struct str words(const struct trial *t)
{
	int code = dialogue_code(&t->dialogue);
	const char *why = t->error[0] != '\0' ? t->error : curl_easy_strerror(t->result);

	return code >= 400 ? dialogue_text(&t->dialogue, t->arena)
			   : dialogue_clean(str_from(why), t->arena);
}

/* No mail.url has a password in it: conf_check refuses them. */
static enum post_trial away(const struct trial *t, const char *what, const char *remedy,
			    struct str *said)
{
	*said = arena_printf(t->arena, "mail.url: the mail server %s %s (%s); %s",
			     t->conf->mail_url.p, what, words(t).p, remedy);
	return TRIAL_AWAY;
}

static enum post_trial unfit(const struct trial *t, const char *setting, const char *what,
			     const char *remedy, struct str *said)
{
	*said = arena_printf(t->arena, "%s: the mail server %s %s (%s); %s", setting,
			     t->conf->mail_url.p, what, words(t).p, remedy);
	return TRIAL_UNFIT;
}

/* Judges a server of which nothing was heard that is SMTP. */
static enum post_trial judge_silence(const struct trial *t, struct str *said)
{
	switch (t->result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return away(t, "cannot be found", "correct the name, or see to this host's DNS",
			    said);
	case CURLE_SSL_CONNECT_ERROR:
		return unfit(t, "mail.url", "does not speak TLS at once",
			     "write smtp:// if it begins with STARTTLS, as on port 587", said);
	case CURLE_OPERATION_TIMEDOUT:
		return away(t, "does not answer",
			    "see whether it runs and a firewall lets this host through; if it "
			    "speaks TLS at once, as on port 465, write smtps://",
			    said);
	case CURLE_COULDNT_CONNECT:
		return away(t, "cannot be reached",
			    "see whether it runs, and correct its name and port", said);
	default:
		return away(t, "does not answer as one", "correct its name and port", said);
	}
}

static enum post_trial judge_login(const struct trial *t, struct str *said)
{
	if (!t->asked)
		return unfit(t, "mail.auth", "offers no such way to sign in",
			     "name one that it offers", said);
	return unfit(t, "mail.user", "refuses user and password",
		     "correct mail.user and mail.password, or mail.auth", said);
}

static enum post_trial judge_sender(const struct trial *t, int code, struct str *said)
{
	/* RFC 4954 section 6: authentication is required. */
	if (code == 530 && !t->asked)
		return t->conf->mail_user.n == 0
			       ? unfit(t, "mail.user", "asks for user and password",
				       "set mail.user and mail.password", said)
			       : unfit(t, "mail.user",
				       "asks for user and password, and offers no AUTH",
				       "correct the port in mail.url", said);
	return unfit(t, "mail.from", "refuses the sender",
		     "name one that it takes from this host or user", said);
}

static enum post_trial judge(const struct trial *t, struct str *said)
{
	int code = dialogue_code(&t->dialogue);

	if (t->result == CURLE_OK)
		return TRIAL_GOOD;
	if (t->result == CURLE_PEER_FAILED_VERIFICATION)
		return unfit(
			t, "mail.ca_file", "has a certificate that does not hold",
			"name the certificates of its authority in mail.ca_file, or in mail.url"
			" the server by the name that its certificate has",
			said);
	if (t->result == CURLE_SSL_CACERT_BADFILE)
		return unfit(t, "mail.ca_file", "was not asked",
			     "name a file of certificates in PEM, or none for the system's", said);
	if (!t->connected)
		return judge_silence(t, said);
	if (code >= 400 && code < 500)
		return away(t, "takes no mails now", "try again later, or ask who runs it", said);
	if (t->result == CURLE_USE_SSL_FAILED)
		return unfit(t, "mail.url", "offers no STARTTLS",
			     "name the port that does, write smtps:// if it speaks TLS at once, or"
			     " set mail.plain if it is on this machine",
			     said);
	if (t->result == CURLE_SSL_CONNECT_ERROR)
		return unfit(t, "mail.url", "and this host agree on no TLS",
			     "it must speak TLS 1.2 or newer", said);
	if (t->result == CURLE_LOGIN_DENIED)
		return judge_login(t, said);
	if (t->dialogue.stage == STAGE_MAIL && code >= 500)
		return judge_sender(t, code, said);
	if (code >= 500)
		return unfit(t, "mail.url", "does not talk to this host",
			     "ask who runs it to let this host in", said);
	return away(t, "broke off", "try again, and see what its own log says", said);
}

static CURLcode converse(CURL *easy, struct trial *t)
{
	struct mailbox from = { 0 };

	if (!mailbox_parse(t->conf->mail_from, t->arena, &from))
		return CURLE_BAD_FUNCTION_ARGUMENT;

	long longest = (long)(t->conf->mail_timeout / 1000);

	smtp_settings(easy, t->conf, longest < LONGEST_MS ? longest : LONGEST_MS, t->arena);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
			 arena_printf(t->arena, "MAIL FROM:<%s>", from.address.p).p);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, overhear);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	return curl_easy_perform(easy);
}

bool post_smtp(const struct conf *c)
{
	return c->mail_url.n > 0 && drop_folder(c).p == NULL;
}

enum post_trial post_try(const struct conf *c, struct arena *a, struct str *said)
{
	struct trial t = { .conf = c, .arena = a, .result = CURLE_OUT_OF_MEMORY };
	bool begun = smtp_begin();
	CURL *easy = begun ? curl_easy_init() : NULL;
	enum post_trial verdict;

	*said = (struct str){ 0 };
	if (easy != NULL)
		t.result = converse(easy, &t);
	verdict = judge(&t, said);
	if (verdict == TRIAL_GOOD && c->mail_user.n > 0 && !t.asked)
		*said = arena_printf(
			a,
			"mail.user: the mail server %s takes mails without it, and "
			"offers no AUTH; take mail.user and mail.password out, or name "
			"another port in mail.url",
			c->mail_url.p);
	if (easy != NULL)
		curl_easy_cleanup(easy);
	if (begun)
		curl_global_cleanup();
	return verdict;
}
