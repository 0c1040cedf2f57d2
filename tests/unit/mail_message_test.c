/* SPDX-License-Identifier: MIT */
/* From words to the bytes of a mail, and what a server's replies mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/letter.h"
#include "mail/message.h"
#include "mail/reply.h"
#include "mail/words.h"

#include "text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static int make_arena(void **state)
{
	*state = arena_make(1 << 24, NULL, NULL);
	return 0;
}

static int drop_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static struct message example(void)
{
	return (struct message){ .from = { STR("Postern"), STR("postern@example.org") },
				 .to = STR("ann@example.org"),
				 .subject = STR("Hello"),
				 .text = STR("text\n"),
				 .html = STR("<p>html</p>\n"),
				 .language = STR("en"),
				 .date = { 1795350896000000 } };
}

static struct str written(const struct message *m, struct arena *a)
{
	struct buf b = buf_make(a, 1024);

	assert_true(message_write(m, &b));
	return buf_str(&b);
}

static void whole(void **state)
{
	struct message m = example();

	m.id.b[0] = 1;
	assert_str(written(&m, *state),
		   "From: \"Postern\"\r\n"
		   " <postern@example.org>\r\n"
		   "To: <ann@example.org>\r\n"
		   "Subject: Hello\r\n"
		   "Date: Sun, 22 Nov 2026 12:34:56 +0000\r\n"
		   "Message-ID: <01000000-0000-0000-0000-000000000000@example.org>\r\n"
		   "Auto-Submitted: auto-generated\r\n"
		   "Content-Language: en\r\n"
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative;\r\n"
		   " boundary=\"=_01000000-0000-0000-0000-000000000000\"\r\n"
		   "\r\n"
		   "--=_01000000-0000-0000-0000-000000000000\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n"
		   "text\r\n"
		   "\r\n"
		   "--=_01000000-0000-0000-0000-000000000000\r\n"
		   "Content-Type: text/html; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n"
		   "<p>html</p>\r\n"
		   "\r\n"
		   "--=_01000000-0000-0000-0000-000000000000--\r\n");
}

static void subjects(void **state)
{
	static const struct {
		const char *subject, *header;
	} rows[] = {
		{ "Hello", "Hello" },
		{ "", "" },
		{ "Grüße", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=" },
		{ "a=?b", "=?UTF-8?Q?a=3D=3Fb?=" },
		{ "a\r\nBcc: all@example.org", "=?UTF-8?Q?a=0D=0ABcc=3A_all=40example=2Eorg?=" },
		{ "a\nb", "=?UTF-8?Q?a=0Ab?=" },
		{ LONG, "=?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=\r\n"
			" =?UTF-8?Q?aaaaaaaaaaaaaaaaaaaa?=" },
		/* no character is divided */
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xf0\x9f\x8e\xb5",
		  "=?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=\r\n"
		  " =?UTF-8?Q?=F0=9F=8E=B5?=" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message m = example();
		struct str wanted = arena_printf(*state,
						 "\r\nSubject: %s\r\nDate: ", rows[i].header);

		m.subject = str_from(rows[i].subject);
		if (strstr(written(&m, *state).p, wanted.p) == NULL)
			fail_msg("%s: %.600s", rows[i].subject, written(&m, *state).p);
	}
}

static void senders(void **state)
{
	static const struct {
		const char *name, *header;
	} rows[] = {
		{ "", "From: <postern@example.org>\r\nTo" },
		{ "Postern, Inc.", "From: \"Postern, Inc.\"\r\n <postern@example.org>\r\nTo" },
		{ "a \"b\" \\", "From: \"a \\\"b\\\" \\\\\"\r\n <postern@example.org>\r\nTo" },
		{ "Häuser", "From: =?UTF-8?Q?H=C3=A4user?=\r\n <postern@example.org>\r\nTo" },
		{ "a\r\nBcc: b",
		  "From: =?UTF-8?Q?a=0D=0ABcc=3A_b?=\r\n <postern@example.org>\r\nTo" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message m = example();

		m.from.name = str_from(rows[i].name);
		assert_memory_equal(written(&m, *state).p, rows[i].header, strlen(rows[i].header));
	}
}

static void refused_addresses(void **state)
{
	static const char *const bad[] = { "",	    "ann",   "a@b\r\nBcc: c@d", "a@b>\r\nX: y",
					   "<a@b>", "a b@c", "a@b\n",		"a@b,c@d" };
	struct buf b = buf_make(*state, 64);

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct message m = example();

		m.to = str_from(bad[i]);
		assert_false(message_write(&m, &b));
		m = example();
		m.from.address = str_from(bad[i]);
		assert_false(message_write(&m, &b));
	}
	struct message m = example();

	m.from.address = STR("zoë@example.org");
	assert_false(message_write(&m, &b));
	m = example();
	m.text = STR("\xff");
	assert_false(message_write(&m, &b));
	m = example();
	m.to = STR("zoë@example.org"); /* for SMTPUTF8 */
	assert_true(message_write(&m, &b));
}

static void bodies(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "a\nb\n", "a\r\nb\r\n" },
		{ "a\r\nb\r\n", "a\r\nb\r\n" },
		{ "a\rb", "a=0Db\r\n" },
		{ "no end", "no end\r\n" },
		{ "=", "=3D\r\n" },
		{ "ü", "=C3=BC\r\n" },
		{ "a \nb\t\n", "a=20\r\nb=09\r\n" },
		{ "end ", "end=20\r\n" },
		{ ".\n..\n", "=2E\r\n=2E.\r\n" },
		{ "From here\n", "=46rom here\r\n" },
		{ LONG "b\n", LONG "=\r\nb\r\n" },
		{ LONG ".\n", LONG "=\r\n=2E\r\n" },
		{ LONG, LONG "\r\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message m = example();
		struct str wanted = arena_printf(*state, "printable\r\n\r\n%s\r\n--=_",
						 rows[i].wanted);

		m.text = str_from(rows[i].text);
		if (strstr(written(&m, *state).p, wanted.p) == NULL)
			fail_msg("row %zu: %s", i, written(&m, *state).p);
	}
}

static void words(void **state)
{
	static const struct {
		const char *json;
		enum word word;
		const char *wanted;
	} rows[] = {
		{ "{\"name\":\"Ann Zoë\"}", WORD_NAME, "Ann Zoë" },
		{ "{\"name\":\"Dr. Ann\"}", WORD_NAME, "Dr. Ann" },
		{ "{\"name\":\"Ann jr.\"}", WORD_NAME, "Ann jr." },
		{ "{\"name\":\"evil.example\"}", WORD_NAME, NULL },
		{ "{\"name\":\"http://evil\"}", WORD_NAME, NULL },
		{ "{\"name\":\"a@b\"}", WORD_NAME, NULL },
		{ "{\"name\":\"\"}", WORD_NAME, NULL },
		{ "{\"name\":7}", WORD_NAME, NULL },
		{ "{}", WORD_NAME, NULL },
		{ "{\"new_email\":\"b@example.org\"}", WORD_NEW_EMAIL, "b@example.org" },
		{ "{\"new_email\":\"b@example.org\\r\\nx\"}", WORD_NEW_EMAIL, NULL },
		{ "{\"address\":\"192.0.2.7\"}", WORD_ADDRESS, "192.0.2.7" },
		{ "{\"address\":\"2001:db8::1\"}", WORD_ADDRESS, "2001:db8::1" },
		{ "{\"address\":\"evil.example\"}", WORD_ADDRESS, NULL },
		{ "{\"at\":\"2026-11-22T12:34:56.123456Z\"}", WORD_AT, "2026-11-22 12:34 UTC" },
		{ "{\"at\":\"2026-11-22\"}", WORD_AT, NULL },
		{ "{\"at\":\"yesterday, at noon\"}", WORD_AT, NULL },
		{ "{\"device\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
		  "(KHTML, "
		  "like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0\"}",
		  WORD_DEVICE, "Edge, Windows" },
		{ "{\"device\":\"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) "
		  "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 "
		  "Safari/604.1\"}",
		  WORD_DEVICE, "Safari, iPhone" },
		{ "{\"device\":\"curl/7.88.1\"}", WORD_DEVICE, "curl" },
		{ "{\"device\":\"visit evil.example\"}", WORD_DEVICE, NULL },
		{ "{\"device\":\"\"}", WORD_DEVICE, NULL },
		{ "{\"code\":\"1234\"}", WORD_CODE, NULL },
	};
	struct words none = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct words w = { 0 };

		assert_true(words_read(str_from(rows[i].json), *state, &w));
		assert_str(w.v[rows[i].word], rows[i].wanted);
	}
	assert_false(words_read(STR(""), *state, &none));
	assert_false(words_read(STR("[]"), *state, &none));
	assert_false(words_read(STR("{\"name\":\"a\",\"name\":\"b\"}"), *state, &none));
}

static void times(void **state)
{
	static const struct {
		int64_t us;
		const char *minutes, *en, *de;
	} rows[] = {
		{ 0, NULL, NULL, NULL },
		{ -1, NULL, NULL, NULL },
		{ 1, "1", "1 minute", "1 Minute" },
		{ 89999999, "1", "1 minute", "1 Minute" },
		{ 599000000, "10", "10 minutes", "10 Minuten" },
		{ 1799500000, "30", "30 minutes", "30 Minuten" },
		{ 86399000000, "1440", "24 hours", "24 Stunden" },
		{ 604799000000, "10080", "7 days", "7 Tage" },
		{ 86000000000, "1433", "23 hours", "23 Stunden" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_str(words_minutes(rows[i].us, *state), rows[i].minutes);
		assert_str(words_time(rows[i].us, STR("en"), *state), rows[i].en);
		assert_str(words_time(rows[i].us, STR("de"), *state), rows[i].de);
	}
}

static void letters(void **state)
{
	struct conf_faults faults = { 0 };
	struct conf c = { .mail_from = STR("p@example.org"),
			  .server_public_url = STR("https://example.org") };
	struct templates *t = templates_load(STR(""), *state, &faults);
	struct letter l = { .template = STR("reset"),
			    .locale = STR("en"),
			    .recipient = STR("ann@example.org"),
			    .email = STR("ann@example.org"),
			    .words = STR("{}"),
			    .kind = STR("reset"),
			    .code = STR("12345678"),
			    .token = STR("abc"),
			    .code_us = 600000000,
			    .link_us = 1800000000 };
	struct buf b = buf_make(*state, 4096);

	assert_str(letter_write(&l, &c, t, *state, &b), NULL);
	assert_non_null(strstr(buf_str(&b).p, "1234 5678"));
	assert_non_null(strstr(buf_str(&b).p, "https://example.org/account/reset?token=3Dabc"));
	/* It has waited for longer than its code was good for. */
	b.n = 0;
	l.code_us = -1;
	assert_str(letter_write(&l, &c, t, *state, &b), NULL);
	assert_null(strstr(buf_str(&b).p, "1234"));
	assert_non_null(strstr(buf_str(&b).p, "?token=3Dabc"));
	l.template = STR("none");
	assert_str(letter_write(&l, &c, t, *state, &b), "there is no template of that name");
	l.template = STR("reset");
	l.words = STR("x");
	assert_str(letter_write(&l, &c, t, *state, &b), "its words are not a JSON object");
	l.words = STR("{}");
	l.recipient = STR("a b");
	assert_str(letter_write(&l, &c, t, *state, &b), "the address cannot be written to");
}

/* "> " is said, "< " is heard; lines end at "|". */
static void replies(void **state)
{
	static const struct {
		const char *dialogue;
		enum post_result result;
		int code;
		const char *text;
	} rows[] = {
		{ "", POST_AWAY, 0, "" },
		{ "<220 hello", POST_AWAY, 220, "220 hello" },
		{ "<554 go away", POST_AWAY, 554, "554 go away" },
		{ ">EHLO x|<250 x|>AUTH PLAIN x|<535 no", POST_AWAY, 535, "535 no" },
		{ ">MAIL FROM:<a>|<530 TLS first", POST_AWAY, 530, "530 TLS first" },
		{ ">MAIL FROM:<a>|<250 fine|>RCPT TO:<b>|<550 no", POST_REFUSED, 550, "550 no" },
		{ ">RCPT TO:<b>|<550 no|>QUIT|<221 bye", POST_REFUSED, 550, "550 no" },
		{ ">RCPT TO:<b>|<451 later", POST_LATER, 451, "451 later" },
		{ ">RCPT TO:<b>|<421 closing", POST_AWAY, 421, "421 closing" },
		{ ">RCPT TO:<b>", POST_LATER, 0, "" },
		{ ">RCPT TO:<b>|<550-one|<550 two", POST_REFUSED, 550, "550-one 550 two" },
		{ ">RCPT TO:<b>|<550-one", POST_LATER, 0, "550-one" },
		{ ">DATA|<354 go on", POST_LATER, 354, "354 go on" },
		{ ">DATA|<354 go on|<554 spam", POST_REFUSED, 554, "554 spam" },
		{ ">DATA|<354 go on|<250 queued", POST_LATER, 250, "250 queued" },
		{ ">DATA|<55", POST_LATER, 0, "55" },
		{ ">RCPT TO:<b>|<550\x01 a\xff\t\tb\r", POST_REFUSED, 550, "550 a? b" },
		{ ">RCPT TO:<b>|<550", POST_REFUSED, 550, "550" },
		{ ">RCPT TO:<b>|<55x no", POST_LATER, 0, "55x no" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dialogue d = { 0 };
		struct str rest = str_from(rows[i].dialogue), line = { 0 };

		while (rest.n > 0 && str_split(&rest, '|', &line)) {
			struct str said = arena_printf(*state, "%.*s\r\n", (int)line.n - 1,
						       line.p + 1);

			if (*line.p == '>')
				dialogue_said(&d, said);
			else
				dialogue_heard(&d, said);
		}
		if (dialogue_judge(&d) != rows[i].result || dialogue_code(&d) != rows[i].code)
			fail_msg("%s: %d, %d", rows[i].dialogue, dialogue_judge(&d),
				 dialogue_code(&d));
		assert_str(dialogue_text(&d, *state), rows[i].text);
	}
}

static void replies_are_cut(void **state)
{
	struct dialogue d = { 0 };
	char line[2000];

	memset(line, 'x', sizeof line);
	memcpy(line, "550 ", 4);
	dialogue_said(&d, STR("RCPT TO:<b>\r\n"));
	dialogue_heard(&d, (struct str){ line, sizeof line });
	assert_int_equal(dialogue_text(&d, *state).n, REPLY_KEPT);
	assert_int_equal(dialogue_code(&d), 550);
	assert_str(dialogue_clean(STR(" a\r\n\tb\x7f \xc3\xbc "), *state), "a b \xc3\xbc");
	assert_str(dialogue_clean(STR("a\xff"
				      "b"),
				  *state),
		   "a?b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, drop_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole),   TEST(subjects),	      TEST(senders), TEST(refused_addresses),
		TEST(bodies),  TEST(words),	      TEST(times),   TEST(letters),
		TEST(replies), TEST(replies_are_cut),
	};

	return cmocka_run_group_tests_name("mail_message", tests, NULL, NULL);
}
