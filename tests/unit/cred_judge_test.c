/* SPDX-License-Identifier: MIT */
/* Which passwords are too easy to guess, and which are not: security requirements 5, 7 and 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cred/judge.h"
#include "cred/password.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const common[] = {
#include "common_passwords.def"
};

static int set_up(void **state)
{
	*state = arena_make(1 << 20, NULL, NULL);
	return *state == NULL;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static bool weak(const char *password, struct str words)
{
	return judge_weak((struct secret){ password, strlen(password) }, words);
}

static void the_commonest(void **state)
{
	char upper[64];

	(void)state;
	assert_int_equal(COUNT(common), 3000);
	for (size_t i = 0; i < COUNT(common); i++) {
		if (!weak(common[i], STR("")))
			fail_msg("%s is accepted", common[i]);
		snprintf(upper, sizeof upper, "%s", common[i]);
		for (char *p = upper; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		if (!weak(upper, STR("")))
			fail_msg("%s is accepted", upper);
	}
}

static void variants(void **state)
{
	static const char *const rows[] = {
		"password1", "Passw0rd!",	"P@ssw0rd123", "letmein123!", "qwertyuiop",
		"abcdefgh",  "abcdefghijklmno", "aaaaaaaa",    "12341234",    "iloveyou!!",
		"dragon99!", "liverpool1",	"19850312",    "asdfghjkl;",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!weak(rows[i], STR("")))
			fail_msg("%s is accepted", rows[i]);
}

/* Ordinary pass phrases, whatever their script; no rule of composition is met here. */
static void accepted(void **state)
{
	static const char *const rows[] = {
		"a long password",
		"a new password",
		"another password",
		"not the password",
		"the keys to it all",
		"a long passphrase",
		"correct horse",
		"kitten sofa",
		"hcgmoaywkxiezrt", /* 15 lower case letters */
		"xkqzvbtw",
		"83920174650283",
		"caf\u00e9 \u00fcber alles",
		"\u043f\u0430\u0440\u043e\u043b\u044c \u0438\u0437 \u0441\u043b\u043e\u0432",
		"\u6b63\u3057\u3044\u99ac\u306e\u30d0\u30c3\u30c6\u30ea\u30fc",
		"\U0001f511\U0001f511\U0001f511\U0001f511\U0001f511\U0001f511\U0001f511\U0001f511",
	};
	struct str words = judge_words(STR("ann.17638347@example.org"), STR("Ann"), *state);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (weak(rows[i], words))
			fail_msg("%s is refused", rows[i]);
}

static void made_of_the_account(void **state)
{
	static const struct {
		const char *password;
		bool weak;
	} rows[] = {
		{ "marguerite", true },
		{ "Marguerite1", true },
		{ "marguerite1984", true },
		{ "m@rguerite", true },
		{ "duras-marguerite", true },
		{ "MargueriteDuras", true },
		{ "marguerite.duras", true },
		{ "somewhere", true },
		{ "Somewhere12", true },
		{ "somewhere.example", true },
		{ "donnadieu", true },
		{ "ZO\u00cb Donnadieu", true }, /* Zoë in upper case */
		{ "zoe\u0308donnadieu", true }, /* and taken apart */
		{ "postern1234", true },
		{ "marguerite.duras@somewhere.example", true },
		{ "Postern!", true },
		{ "posternpostern", true },
		{ "marguerite has a horse", false },
		{ "the lover of saigon", false },
	};
	struct arena *a = *state;
	struct str words = judge_words(STR("Marguerite.Duras@Somewhere.example"),
				       STR("Zo\u00eb Donnadieu"), a);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (weak(rows[i].password, words) != rows[i].weak)
			fail_msg("%s", rows[i].password);
	/* Of somebody else it is as good as any. */
	words = judge_words(STR("bob@example.org"), STR("Bob"), a);
	assert_false(weak("zo\u00ebdonnadieu", words));
}

static void words(void **state)
{
	static const struct {
		struct str email, name;
		const char *words;
	} rows[] = {
		{ { 0 }, { 0 }, "postern\n" },
		{ { "ann@example.org", 15 },
		  { 0 },
		  "postern\nann@example.org\nann\nexample\nexample.org\norg\n" },
		{ { "A.Smith+x@b.example", 19 },
		  { "Ann", 3 },
		  "postern\na.smith+x@b.example\na.smith+x\nsmith\nb.example\nexample\nann\n" },
		{ { "no address", 10 }, { "x", 1 }, "postern\nno address\nno address\naddress\n" },
		{ { "\xff@b.c", 5 }, { "\xc3\x89ve", 4 }, "postern\n\xc3\xa9ve\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(judge_words(rows[i].email, rows[i].name, *state).p,
				    rows[i].words);
}

/* They are hashed as one, so they are as easy to guess. */
static void other_spaces(void **state)
{
	static const char *const spaces[] = { " ", "\u00a0", "\u2003", "\u202f", "\u3000" };
	static const char *const texts[] = { "password%s1", "zo\u00eb%sdonnadieu", "letmein%s1" };
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(spaces); i++) {
		struct str name = arena_printf(a, "Zo\u00eb%sDonnadieu", spaces[i]);
		struct str words = judge_words(STR("zd@example.org"), name, a);

		assert_non_null(strstr(words.p, "\ndonnadieu\n"));
		for (size_t k = 0; k < COUNT(texts); k++) {
			struct buf text = buf_make(a, 64);

			buf_add(&text, (struct str){ texts[k], strcspn(texts[k], "%") });
			buf_add(&text, str_from(spaces[i]));
			buf_add(&text, str_from(strchr(texts[k], '%') + 2));
			if (!weak(buf_str(&text).p, words))
				fail_msg("%s is accepted", buf_str(&text).p);
		}
	}
}

/* A long password is as good as the better of its ends. */
static void long_ones(void **state)
{
	char text[PASSWORD_BYTES_MAX + 1];

	(void)state;
	memset(text, 'x', PASSWORD_BYTES_MAX);
	text[PASSWORD_BYTES_MAX] = '\0';
	assert_true(weak(text, STR("")));
	memcpy(text + 200, "correct horse battery staple", 29);
	assert_false(weak(text, STR("")));
	memset(text, 'x', PASSWORD_BYTES_MAX);
	memcpy(text, "correct horse battery staple", 28);
	assert_false(weak(text, STR("")));
	/* In the middle nobody looks. */
	memset(text, 'x', 100);
	memcpy(text + 100, "correct horse battery staple", 28);
	assert_true(weak(text, STR("")));
}

/* What other checks refuse is not judged, and hurts nobody; nor do too many words. */
static void odd_ones(void **state)
{
	struct arena *a = *state;
	char *text = arena_alloc(a, 100000);

	assert_false(judge_weak((struct secret){ NULL, 0 }, STR("")));
	assert_false(weak("\xff\xfe\xfd password", STR("")));
	assert_true(judge_weak((struct secret){ "", 0 }, (struct str){ 0 }));
	assert_true(judge_weak((struct secret){ "password\0-beyond", 16 }, STR("")));
	memset(text, 'a', 2000);
	assert_false(judge_weak((struct secret){ text, 2000 }, STR("")));
	for (size_t i = 0; i < 90000; i += 9)
		memcpy(text + i, "otherword\n", 10);
	assert_false(weak("a long password", (struct str){ text, 90000 }));
	for (size_t i = 8; i < 90000; i += 9)
		text[i] = '\n';
	assert_false(weak("a long password", (struct str){ text, 90000 }));
	assert_true(weak("otherwor", (struct str){ text, 90000 }));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_commonest), T(variants),	   T(accepted),	 T(made_of_the_account),
		T(words),	  T(other_spaces), T(long_ones), T(odd_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
