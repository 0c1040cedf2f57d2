/* SPDX-License-Identifier: MIT */
#include "conf/setting.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum {
	NEAR_LENGTH = 64,  /* longer keys are nobody's slip of the pen */
	NEAR_DISTANCE = 3, /* wrong, missing or additional characters */
	QUOTE_MAX = 64
};

static const struct str algorithms[] = {
	{ 0 }, [CONF_HS256] = STR("HS256"), [CONF_ES256] = STR("ES256"), [CONF_RS256] = STR("RS256")
};
static const struct str mail_auths[] = { { 0 },
					 [CONF_AUTH_PLAIN_LOGIN] = STR("PLAIN/LOGIN"),
					 [CONF_AUTH_PLAIN] = STR("PLAIN"),
					 [CONF_AUTH_LOGIN] = STR("LOGIN"),
					 [CONF_AUTH_CRAM_MD5] = STR("CRAM-MD5"),
					 [CONF_AUTH_SCRAM_SHA_256] = STR("SCRAM-SHA-256"),
					 [CONF_AUTH_NTLM] = STR("NTLM") };

const struct vocabulary conf_algorithm_words = VOCABULARY(algorithms);
const struct vocabulary conf_mail_auth_words = VOCABULARY(mail_auths);

/* A row that is to be secret and does not say who keeps it does not compile. */
enum { OPEN_STR, OPEN_INT = 0, OPEN_BOOL = 0, OPEN_DURATION = 0 };

const struct setting settings[SETTING_COUNT] = {
#define ROW(kind, member, key, preset, min, max, keep, doc, words)                                 \
	{ SETTING_##kind,                                                                          \
	  offsetof(struct conf, member),                                                           \
	  { key, sizeof(key) - 1 },                                                                \
	  { preset, sizeof(preset) - 1 },                                                          \
	  min,                                                                                     \
	  max,                                                                                     \
	  keep,                                                                                    \
	  doc,                                                                                     \
	  words },
#define CONF(kind, member, key, preset, min, max, doc)                                             \
	ROW(kind, member, key, preset, min, max, OPEN_##kind, doc, NULL)
#define CONF_ENUM(member, key, preset, type, doc)                                                  \
	ROW(ENUM, member, key, preset, 0, 0, 0, doc, &type##_words)
#define CONF_SECRET(member, key, min, max, keep, doc)                                              \
	ROW(SECRET, member, key, "", min, max, keep, doc, NULL)
#include "conf/conf.def"
#undef CONF
#undef ROW
};

/* The units stand longest first: setting_duration takes the first that fits. */
static const struct unit {
	struct str name;
	int64_t us;
} units[] = {
	{ { "d", 1 }, 86400000000 }, { { "h", 1 }, 3600000000 }, { { "m", 1 }, 60000000 },
	{ { "s", 1 }, 1000000 },     { { "ms", 2 }, 1000 },
};

enum { UNITS = sizeof units / sizeof *units };

const struct setting *setting_find(struct str key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_eq(settings[i].key, key))
			return &settings[i];
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, row by row. b is at most NEAR_LENGTH long. */
static size_t distance(struct str a, struct str b)
{
	size_t row[NEAR_LENGTH + 1] = { 0 };

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.n; j++) {
			size_t swap = diagonal + (a.p[i] != b.p[j]);

			diagonal = row[j + 1];
			row[j + 1] = min3(swap, row[j] + 1, diagonal + 1);
		}
	}
	return row[b.n];
}

/* "workers" for "server.workers": the section was left out. */
static bool last_part(struct str key, struct str part)
{
	return part.n > 0 && key.n > part.n && key.p[key.n - part.n - 1] == '.' &&
	       str_eq(str_from_at(key, key.n - part.n), part);
}

const struct setting *setting_nearest(struct str key)
{
	const struct setting *best = NULL;
	size_t least = NEAR_DISTANCE + 1;

	if (key.n > NEAR_LENGTH)
		return NULL;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		size_t d = distance(settings[i].key, key);

		if (last_part(settings[i].key, key))
			return &settings[i];
		if (d < least && d * 3 < settings[i].key.n) {
			least = d;
			best = &settings[i];
		}
	}
	return best;
}

bool setting_section(struct str key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_starts(settings[i].key, key) && settings[i].key.n > key.n &&
		    settings[i].key.p[key.n] == '.')
			return true;
	return false;
}

struct str setting_env(const struct setting *s, char name[static SETTING_NAME])
{
	size_t n = sizeof "APP__" - 1;

	memcpy(name, "APP__", n);
	for (size_t i = 0; i < s->key.n && n < SETTING_NAME - 2; i++) {
		char c = s->key.p[i];

		name[n++] = c == '.' ? '_' : (c >= 'a' && c <= 'z') ? (char)(c - 'a' + 'A') : c;
		if (c == '.')
			name[n++] = '_';
	}
	name[n] = '\0';
	return (struct str){ name, n };
}

const struct setting *setting_find_env(struct str name)
{
	char own[SETTING_NAME] = "";

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_eq(setting_env(&settings[i], own), name))
			return &settings[i];
	return NULL;
}

struct str setting_duration(int64_t us, char text[static SETTING_DURATION_TEXT])
{
	size_t i = 0;

	while (i < UNITS - 1 && (us == 0 || us % units[i].us != 0))
		i++;

	int n = snprintf(text, SETTING_DURATION_TEXT, "%lld%s", (long long)(us / units[i].us),
			 units[i].name.p);

	return (struct str){ text, (size_t)n };
}

/* "json, text or auto" */
static struct str words_or(const struct vocabulary *v, struct arena *a)
{
	struct buf b = buf_make(a, 64);

	for (size_t i = 1; i < v->n; i++) {
		buf_add(&b, i == 1 ? STR("") : i + 1 < v->n ? STR(", ") : STR(" or "));
		buf_add(&b, v->words[i]);
	}
	return buf_str(&b);
}

struct str setting_expects(const struct setting *s, struct arena *a)
{
	char min[SETTING_DURATION_TEXT] = "", max[SETTING_DURATION_TEXT] = "";

	switch (s->kind) {
	case SETTING_INT:
		return arena_printf(a, "a whole number from %lld to %lld", (long long)s->min,
				    (long long)s->max);
	case SETTING_BOOL:
		return STR("true or false");
	case SETTING_DURATION:
		return arena_printf(a, "a duration from %s to %s (units: ms, s, m, h, d)",
				    setting_duration(s->min, min).p,
				    setting_duration(s->max, max).p);
	case SETTING_ENUM:
		return words_or(s->words, a);
	case SETTING_STR:
	case SETTING_SECRET:
		break;
	}
	return arena_printf(a, "one line of text, %lld to %lld bytes", (long long)s->min,
			    (long long)s->max);
}

/* Whether a text is one line of UTF-8; anything else is a slip: a pasted newline, a binary file. */
static bool one_line(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return false;
	return str_utf8(text);
}

static bool duration_parse(struct str text, int64_t min, int64_t max, int64_t *out)
{
	size_t digits = 0;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	for (size_t i = 0; i < UNITS; i++) {
		int64_t n = 0, us = 0;

		if (!str_eq(str_from_at(text, digits), units[i].name))
			continue;
		if (!str_to_i64((struct str){ text.p, digits }, 0, INT64_MAX, &n) ||
		    __builtin_mul_overflow(n, units[i].us, &us) || us < min || us > max)
			return false;
		*out = us;
		return true;
	}
	return false;
}

static bool text_fits(const struct setting *s, struct str text)
{
	return one_line(text) && (int64_t)text.n >= s->min &&
	       (s->max == 0 || (int64_t)text.n <= s->max);
}

void conf_wipe(const struct secret *s)
{
	if (s->n > 0)
		explicit_bzero((void *)s->p, s->n);
}

static bool read_value(const struct setting *s, struct str text, struct arena *a, struct conf *out)
{
	void *at = (char *)out + s->offset;

	switch (s->kind) {
	case SETTING_INT:
		return str_to_i64(text, s->min, s->max, at);
	case SETTING_DURATION:
		return duration_parse(text, s->min, s->max, at);
	case SETTING_BOOL:
		*(bool *)at = str_eq(text, STR("true"));
		return *(bool *)at || str_eq(text, STR("false"));
	case SETTING_ENUM:
		return vocabulary_find(s->words, text, at);
	case SETTING_STR:
		if (!text_fits(s, text))
			return false;
		*(struct str *)at = arena_dup(a, text);
		return true;
	case SETTING_SECRET:
		if (!text_fits(s, text))
			return false;
		text = arena_dup(a, text);
		conf_wipe(at); /* the secret of another layer */
		*(struct secret *)at = (struct secret){ text.p, text.n };
		return true;
	}
	return false;
}

struct str setting_set(const struct setting *s, struct str text, struct arena *a, struct conf *out)
{
	int64_t bare = 0;

	if (read_value(s, text, a, out))
		return (struct str){ 0 };
	if (s->kind == SETTING_DURATION && str_to_i64(text, 0, INT64_MAX, &bare))
		return arena_printf(a, "needs a unit (ms, s, m, h or d): \"%llds\" is %lld seconds",
				    (long long)bare, (long long)bare);

	struct str expects = setting_expects(s, a);

	if (s->kind == SETTING_SECRET)
		return arena_printf(a, "must be %s", expects.p);
	return arena_printf(a, "must be %s, not \"%s\"", expects.p, setting_quote(text, a).p);
}

/* Bytes at text[i] that are a control character: C0, DEL, or C1 (0xc2 and a second byte). */
static size_t control(struct str text, size_t i)
{
	unsigned char c = (unsigned char)text.p[i];

	if (c == 0xc2 && i + 1 < text.n)
		return (unsigned char)text.p[i + 1] < 0xa0 ? 2 : 0;
	return c < 0x20 || c == 0x7f;
}

struct str setting_quote(struct str text, struct arena *a)
{
	struct buf b = buf_make(a, QUOTE_MAX + 8);
	bool utf8 = str_utf8(text), cut = text.n > QUOTE_MAX;

	if (cut)
		for (text.n = QUOTE_MAX; utf8 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80;)
			text.n--;
	for (size_t i = 0, escape = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		escape = escape > 1 ? escape - 1 : control(text, i);
		if (escape > 0 || (!utf8 && c >= 0x80))
			buf_printf(&b, "\\x%02x", c);
		else
			buf_char(&b, (char)c);
	}
	if (cut)
		buf_add(&b, STR("..."));
	return buf_str(&b);
}

void conf_fault_add(struct conf_faults *f, struct arena *a, const char *format, ...)
{
	struct conf_fault *fault = arena_new(a, struct conf_fault);
	va_list args;

	va_start(args, format);
	fault->text = arena_vprintf(a, format, args);
	va_end(args);
	if (f->last == NULL)
		f->first = fault;
	else
		f->last->next = fault;
	f->last = fault;
	f->n++;
}
