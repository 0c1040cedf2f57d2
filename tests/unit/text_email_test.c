/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/email.h"
#include "text/mailbox.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static int setup(void **state)
{
	*state = arena_make(1 << 20, NULL, NULL);
	return *state == NULL;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void makes_keys(void **state)
{
	static const struct {
		const char *email, *key;
	} rows[] = {
		{ "alice@example.com", "alice@example.com" },
		{ "Alice.B@Example.COM", "alice.b@example.com" },
		{ "a@b.c", "a@b.c" },
		{ "a!#$%&'*+-/=?^_`{|}~@example.com", "a!#$%&'*+-/=?^_`{|}~@example.com" },
		{ "o'brien+tag@mail.example.co.uk", "o'brien+tag@mail.example.co.uk" },
		{ X60 "yyyy@example.com", X60 "yyyy@example.com" },
		{ "a@" X60 "yyy.com", "a@" X60 "yyy.com" },
		/* UTF-8 in the local part is kept, only ASCII is lowered */
		{ "J\xc3\x89rome@example.com", "j\xc3\x89rome@example.com" },
		{ "\xe7\x94\xa8\xe6\x88\xb7@example.com", "\xe7\x94\xa8\xe6\x88\xb7@example.com" },
		/* NFC, whatever was typed (RFC 6532 section 3.1) */
		{ "jo\xcc\x88rg@example.com", "j\xc3\xb6rg@example.com" },
		{ "\xe2\x84\xab@example.com", "\xc3\x85@example.com" },
		{ "A\xcc\x8a@example.com", "\xc3\x85@example.com" },
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab@example.com", "\xed\x95\x9c@example.com" },
		{ "Vie\xcc\xa3\xcc\x82t@example.com", "vi\xe1\xbb\x87t@example.com" },
		{ "Vie\xcc\x82\xcc\xa3t@example.com", "vi\xe1\xbb\x87t@example.com" },
		{ "\xe2\x84\xaa@example.com", "k@example.com" }, /* Kelvin is K */
		/* dots wherever a provider has put them, with the quotes that they want or not */
		{ "taro..y@docomo.ne.jp", "taro..y@docomo.ne.jp" },
		{ "Taro.@docomo.ne.jp", "taro.@docomo.ne.jp" },
		{ ".taro@docomo.ne.jp", ".taro@docomo.ne.jp" },
		{ "\"taro..y\"@docomo.ne.jp", "taro..y@docomo.ne.jp" },
		{ "\"Taro.\"@docomo.ne.jp", "taro.@docomo.ne.jp" },
		{ "\"alice\"@example.com", "alice@example.com" },
		{ "\"" X60 "yyyy\"@example.com", X60 "yyyy@example.com" },
		{ "." X60 "y@example.com", "." X60 "y@example.com" },
		/* one domain, many spellings */
		{ "a@b\xc3\xbc\x63her.de", "a@xn--bcher-kva.de" },
		{ "a@B\xc3\x9c\x43HER.de", "a@xn--bcher-kva.de" },
		{ "a@bu\xcc\x88\x63her.de", "a@xn--bcher-kva.de" },
		{ "a@XN--BCHER-KVA.de", "a@xn--bcher-kva.de" },
		{ "a@\xef\xbd\x85xample.com", "a@example.com" },
		{ "a@example\xe3\x80\x82\x63om", "a@example.com" },
		/* non-transitional: sharp s stays itself */
		{ "a@fa\xc3\x9f.de", "a@xn--fa-hia.de" },
		{ "a@\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84",
		  "a@xn--e1afmkfd.xn--p1ai" },
		{ "a@\xd9\x85\xd8\xab\xd8\xa7\xd9\x84.com", "a@xn--mgbh0fb.com" },
		/* joiners where a script needs them (RFC 5892, appendix A) */
		{ "a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example",
		  "a@xn--mgba3gch31f060k.example" },
		{ "a@xn--mgba3gch31f060k.example", "a@xn--mgba3gch31f060k.example" },
		{ "a@\u0dc1\u0dca\u200d\u0dbb\u0dd3.com", "a@xn--10cl1a0b660p.com" },
		{ "a@xn--10cl1a0b660p.com", "a@xn--10cl1a0b660p.com" },
		/* plain labels with "--" exist, whatever IDNA reserves them for */
		{ "a@r3---sn-x.example.com", "a@r3---sn-x.example.com" },
		{ "a@foo.xn--p1ai", "a@foo.xn--p1ai" },
		{ "a@1.2.3.4a", "a@1.2.3.4a" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str key = { 0 }, again = { 0 };

		if (!email_key(str_from(rows[i].email), *state, &key))
			fail_msg("%s is refused", rows[i].email);
		assert_string_equal(key.p, rows[i].key);
		assert_int_equal(key.n, strlen(rows[i].key));
		assert_true(email_key(str_from(rows[i].email), *state, NULL));
		assert_true(email_key(key, *state, &again));
		assert_true(str_eq(key, again));
	}
}

static void refuses(void **state)
{
	static const struct str rows[] = {
		{ 0 },
		STR(""),
		STR("@"),
		STR("a"),
		STR("a@"),
		STR("@example.com"),
		STR("example.com"),
		STR("a@b@example.com"),
		STR("a@@example.com"),
		/* local part */
		STR(" a@example.com"),
		STR("a @example.com"),
		STR("a b@example.com"),
		STR(".@example.com"),
		STR("..@example.com"),
		STR("\"\"@example.com"),
		STR("\".\"@example.com"),
		STR("\"@example.com"),
		STR("\"a@example.com"),
		STR("a\"@example.com"),
		STR("\"a\"b@example.com"),
		STR("\"\"a\"\"@example.com"),
		STR("\"a b\"@example.com"),
		STR("\"a@b\"@example.com"),
		STR("\"a\\b\"@example.com"),
		STR("\"a,b\"@example.com"),
		STR("\"a\".b@example.com"),
		STR("." X60 "yyy@example.com"), /* 66 with the quotes it wants */
		STR("a\xcd\xbe@example.com"),	/* a question mark that is a semicolon in NFC */
		STR("a\\b@example.com"),
		STR("a,b@example.com"),
		STR("a;b@example.com"),
		STR("a:b@example.com"),
		STR("a(b)@example.com"),
		STR("<a@example.com>"),
		STR("[a]@example.com"),
		STR("a\0b@example.com"),
		STR("a\nb@example.com"),
		STR("a\rb@example.com"),
		STR("a\x7f@example.com"),
		STR("a\xc2\x85@example.com"),	      /* C1 control */
		STR("a\xc2\xa0@example.com"),	      /* no-break space */
		STR("a\xe2\x80\x83@example.com"),     /* em space */
		STR("a\xe2\x80\xa8@example.com"),     /* line separator */
		STR("a\xe2\x80\x8b@example.com"),     /* zero width space */
		STR("a\xc2\xad@example.com"),	      /* soft hyphen */
		STR("a\xe2\x80\xae@example.com"),     /* right-to-left override */
		STR("a\xef\xbb\xbf@example.com"),     /* byte order mark */
		STR("a\xf3\xa0\x81\x81@example.com"), /* tag */
		STR("a\xef\xb8\x8f@example.com"),     /* variation selector */
		STR("a\xee\x80\x80@example.com"),     /* private use */
		STR("a\xef\xbf\xbf@example.com"),     /* noncharacter */
		STR("a\xc3@example.com"),	      /* broken UTF-8 */
		STR(X60 "yyyyy@example.com"),
		/* domain */
		STR("a@localhost"),
		STR("a@[1.2.3.4]"),
		STR("a@[IPv6:::1]"),
		STR("a@1.2.3.4"),
		STR("a@.com"),
		STR("a@example..com"),
		STR("a@example.com."),
		STR("a@example.com "),
		STR("a@ example.com"),
		STR("a@exa mple.com"),
		STR("a@exa_mple.com"),
		STR("a@exa/mple.com"),
		STR("a@-example.com"),
		STR("a@example-.com"),
		STR("a@example.-com"),
		STR("a@example.com\0"),
		STR("a@example.com\n"),
		STR("a@" X60 "yyyy.com"),
		STR("a@xn--.com"),
		STR("a@xn--a.com"),
		STR("a@xn--zzzzzzzzzzzzzz.com"),
		STR("a@b\xc3\xbc\x63her"),
		STR("a@b\xc3\xbc\x63her.de."),
		STR("a@b\xc3\xbc\x63her.de\xe3\x80\x82"),
		STR("a@b\xc3\xbc_cher.de"),
		STR("a@b\xc3\xbc\x63h er.de"),
		STR("a@exam\xe2\x80\x8bple.com"), /* what libidn2 drops */
		STR("a@exam\xc2\xadple.com"),	  /* the same, soft hyphen */
		STR("a@exam\xef\xb8\x8fple.com"), /* the same, variation selector */
		STR("a@exam\xcd\x8fple.com"),	  /* the same, grapheme joiner */
		STR("a@exam\xe2\x80\x8dple.com"), /* zero width joiner */
		STR("a@exam\u200cple.com"),	  /* and non-joiner */
		STR("a@\u200c.com"),		  /* nothing else */
		STR("a@example.\u0646\u200c"),	  /* joins nothing */
		STR("a@\u0dca\u200d.com"),	  /* begins with a mark */
		STR("a@example\u200d.com"),
		STR("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc@example.com"), /* before the @ */
		STR("\u0dc1\u0dca\u200d\u0dbb\u0dd3@b\xc3\xbc.com"),
		STR("a@\xe2\x84\x80.com"),	    /* becomes "a/c" */
		STR("a@\xf0\x9f\x92\xa9.la"),	    /* not in IDNA 2008 */
		STR("a@xn--ls8h.la"),		    /* the same, encoded */
		STR("a@example.\xef\xbc\x91"),	    /* becomes ".1" */
		STR("a@b\xc3\xbc.com\xef\xbc\x8e"), /* full width dot */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str key = { 0 };

		if (email_key(rows[i], *state, &key))
			fail_msg("row %zu: %s becomes %s", i, rows[i].p, key.p);
		assert_false(email_key(rows[i], *state, NULL));
	}
}

static void writes_mailboxes(void **state)
{
	static const struct {
		const char *email, *mailbox;
	} rows[] = {
		{ "Alice.B@Example.COM", "Alice.B@example.com" },
		{ "\"Alice\"@b\xc3\xbc\x63her.de", "Alice@xn--bcher-kva.de" },
		{ "Jo\xcc\x88rg@example.com", "J\xc3\xb6rg@example.com" },
		{ "taro..y@docomo.ne.jp", "\"taro..y\"@docomo.ne.jp" },
		{ "Taro.@docomo.ne.jp", "\"Taro.\"@docomo.ne.jp" },
		{ ".taro@docomo.ne.jp", "\".taro\"@docomo.ne.jp" },
		{ "\"taro..y\"@docomo.ne.jp", "\"taro..y\"@docomo.ne.jp" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str mailbox = { 0 };

		assert_true(email_mailbox(str_from(rows[i].email), *state, &mailbox));
		assert_string_equal(mailbox.p, rows[i].mailbox);
		assert_true(mailbox_address(mailbox));
	}
	assert_false(email_mailbox(STR("\"a b\"@example.com"), *state, &(struct str){ 0 }));
}

/* 64 + 1 + 189 bytes are the most there can be. */
static void bounds_the_whole(void **state)
{
	struct str local = STR(X60 "yyyy@");
	struct str longest = arena_printf(*state, "%s%s.%s.%s.co", local.p, X60, X60, X60 "zzz");
	struct str longer = arena_printf(*state, "%s%s.%s.%s.com", local.p, X60, X60, X60 "zzz");
	struct str domain = arena_printf(*state, "%s.%s.%s.%s.com", X60, X60, X60, X60 "zzz");
	struct str wide = STR(X60 "yyyy@" X60 "." X60 ".\xc3\xbc." X10 X10 X10 X10 X10 "xxxx.co");
	struct str key = { 0 };

	assert_int_equal(longest.n, EMAIL_MAX - 1);
	assert_true(email_key(longest, *state, &key));
	assert_int_equal(key.n, EMAIL_MAX - 1);
	assert_int_equal(longer.n, EMAIL_MAX);
	assert_true(email_key(longer, *state, &key));
	assert_int_equal(key.n, EMAIL_MAX);
	assert_false(email_key(arena_printf(*state, "%sm", longer.p), *state, &key));
	/* As long as that with the quotes which mail servers want around it, and a byte more. */
	for (size_t i = 0; i < 2; i++) {
		struct str dots = arena_printf(*state, "%s..@%s.%s.%s.com%s", X60, X60, X60,
					       X60 "zzz", i == 0 ? "" : "m");

		assert_int_equal(dots.n, EMAIL_MAX - 2 + i);
		assert_int_equal(email_key(dots, *state, &key), i == 0);
		assert_int_equal(email_mailbox(dots, *state, &key), i == 0);
	}
	assert_int_equal(domain.n, 250);
	assert_true(email_key(arena_printf(*state, "a@%s", domain.p), *state, &key));
	/* Short enough as written, too long as a key. */
	assert_true(wide.n <= EMAIL_MAX);
	assert_true(email_key(wide, *state, &key));
	wide = STR(X60 "yyyy@" X60 "." X60 ".\xc3\xbc." X60 ".c");
	assert_true(wide.n <= EMAIL_MAX);
	assert_false(email_key(wide, *state, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makes_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_mailboxes, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_the_whole, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
