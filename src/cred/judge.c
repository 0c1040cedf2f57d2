/* SPDX-License-Identifier: MIT */
#include "cred/judge.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <zxcvbn.h>

#include "base/buf.h"
#include "base/wipe.h"
#include "cred/password.h"

enum {
	/*
	 * Bits by libzxcvbn. A limit of 16 refuses 2,792 of the 3,000 commonest passwords of 8
	 * characters and more, and 14 only 1,747; "another password" has 16.08. The passwords that
	 * pass it stand below.
	 */
	BITS_MIN = 16,
	/*
	 * Characters of each end that are judged. The time grows with the fourth power: 3.5 ms for
	 * 24 of the worst kind, 2,700 ms for 100.
	 */
	END_CHARS = 24,
	ZXCVBN_ROOM = 512 * 1024,
	WORD_MIN = 3, /* bytes; shorter ones are in everything */
	WORD_MAX = 254,
	WORDS_BYTES = 4096,
	FOLDED_MAX = 3 * PASSWORD_BYTES_MAX + 1 /* folding makes three bytes of one at most */
};

#define PRODUCT "postern"

/*
 * Passwords of the 3,000 commonest that libzxcvbn does not know; many are words of another
 * keyboard.
 */
static const char *const common[] = {
#include "cred/judge_common.def"
	NULL
};

struct folded {
	char b[FOLDED_MAX];
	size_t n;
};

/*
 * Makes texts the same whatever the case and composition of their letters, and the kind of their
 * spaces: the form that is hashed is judged, or "qwerty uiop" would pass with a space of another
 * kind.
 */
static bool fold(struct str s, struct folded *out)
{
	uint8_t plain[PASSWORD_BYTES_MAX];
	size_t n = sizeof out->b - 1;

	if (s.p == NULL || s.n > PASSWORD_BYTES_MAX || !str_utf8(s))
		return false;

	size_t length = password_plain_spaces(s, plain);
	/* The text is in the buffer unless there was no memory for the tables. */
	uint8_t *made = u8_casefold(plain, length, NULL, UNINORM_NFC, (uint8_t *)out->b, &n);

	sodium_memzero(plain, sizeof plain);
	if (made != (uint8_t *)out->b)
		return false;
	out->n = n;
	out->b[n] = '\0';
	return true;
}

static bool part_of_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static void add_word(struct buf *b, struct str word)
{
	if (word.n < WORD_MIN || word.n > WORD_MAX)
		return;
	buf_add(b, word);
	buf_char(b, '\n');
}

/* Adds each run of letters and digits, and the whole text unless it is just one. */
static void add_words(struct buf *b, struct str text)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && part_of_word(text.p[i]))
			continue;
		add_word(b, (struct str){ text.p + start, i - start });
		if (start == 0 && i < text.n)
			add_word(b, text);
		start = i + 1;
	}
}

struct str judge_words(struct str email, struct str name, struct arena *a)
{
	struct buf b = buf_make(a, 256);
	struct folded folded;
	struct str local = { 0 }, domain = { 0 };

	errno = 0;
	add_word(&b, STR(PRODUCT));
	if (fold(email, &folded)) {
		add_word(&b, (struct str){ folded.b, folded.n });
		domain = (struct str){ folded.b, folded.n };
		str_split(&domain, '@', &local);
		add_words(&b, local);
		add_words(&b, domain.p == NULL ? STR("") : domain);
	}
	if (fold(name, &folded))
		add_words(&b, (struct str){ folded.b, folded.n });
	/* Words that could not be folded would be missing. */
	if (errno == ENOMEM)
		arena_exhausted(a);
	return buf_str(&b);
}

static bool is_one_of(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(text, *words) != 0)
		words++;
	return *words != NULL;
}

/* Takes the lines apart; lines beyond JUDGE_WORDS are left out. words: ends with NULL. */
static void split_words(char *text, const char *words[static JUDGE_WORDS + 1])
{
	size_t n = 0;

	for (char *save = NULL, *word = strtok_r(text, "\n", &save);
	     word != NULL && n < JUDGE_WORDS; word = strtok_r(NULL, "\n", &save))
		words[n++] = word;
	words[n] = NULL;
}

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* The place where the END_CHARS last characters begin. */
static size_t last_part(const struct folded *f)
{
	size_t at = f->n, chars = 0;

	while (at > 0 && chars < END_CHARS)
		chars += starts_character(f->b[--at]);
	return at;
}

static size_t first_part(const struct folded *f)
{
	size_t at = 0, chars = 0;

	while (at < f->n && (chars < END_CHARS || !starts_character(f->b[at])))
		chars += starts_character(f->b[at++]);
	return at;
}

static bool guessable(const struct folded *f, size_t from, size_t to, const char **words)
{
	char part[END_CHARS * 4 + 1] = "";

	memcpy(part, f->b + from, to - from);

	bool easy = ZxcvbnMatch(part, words, NULL) < (double)BITS_MIN;

	sodium_memzero(part, sizeof part);
	return easy;
}

bool judge_weak(struct secret password, struct str words)
{
	struct folded f;
	char text[WORDS_BYTES] = "";
	const char *list[JUDGE_WORDS + 1];

	if (!fold((struct str){ password.p, password.n }, &f))
		return false;
	/* libzxcvbn does not look whether it got the memory it asked for. */
	if (!wipe_room(ZXCVBN_ROOM))
		return false;
	if (words.n > 0)
		memcpy(text, words.p, words.n < sizeof text ? words.n : sizeof text - 1);
	split_words(text, list);

	/* A long password is as good as the better of its ends. */
	bool weak = is_one_of(f.b, common) || is_one_of(f.b, list) ||
		    (guessable(&f, 0, first_part(&f), list) &&
		     guessable(&f, last_part(&f), f.n, list));

	sodium_memzero(&f, sizeof f);
	return weak;
}
