/* SPDX-License-Identifier: MIT */
#include "mail/words.h"

#include <jansson.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "text/locale.h"
#include "text/mailbox.h"

static const struct str names[WORDS] = {
#define WORD(NAME, name) STR(#name),
#include "mail/words.def"
#undef WORD
};

/* Words of a frame stand last. */
enum { OUTSIDE = WORD_SUBJECT };

const struct template_kind words_text = { names, OUTSIDE, false, OUTSIDE };
const struct template_kind words_html = { names, OUTSIDE, true, OUTSIDE };
const struct template_kind words_text_frame = { names, WORDS, false, WORD_CONTENT };
const struct template_kind words_html_frame = { names, WORDS, true, WORD_CONTENT };

enum {
	NAME_MAX_BYTES = 256,
	NAME_PLAIN = 11 * NAME_MAX_BYTES /* UTF-8 grows at most so far by NFKC, Unicode annex 15 */
};
enum { MINUTE_US = 60000000, HOUR = 60, DAY = 24 * HOUR };

/* Characters that may stand in a name beside letters, marks and a full stop that ends a word. */
static bool punctuation_shown(ucs4_t c)
{
	static const ucs4_t some[] = { ' ',    '&',    '\'',   '"',    '(',    ')',
				       ',',    '-',    0x00ab, 0x00bb, 0x2010, 0x2013,
				       0x2018, 0x2019, 0x201a, 0x201c, 0x201d, 0x201e };

	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		if (c == some[i])
			return true;
	return false;
}

/* Letters of clicks, tones and Lisu that are drawn as dots, colons or strokes do not count. */
static bool letter_shown(ucs4_t c)
{
	if ((c >= 0x01c0 && c <= 0x01c3) || (c >= 0x02d0 && c <= 0x02df) ||
	    (c >= 0xa4f8 && c <= 0xa4fd) || (c >= 0x3033 && c <= 0x3035) ||
	    uc_is_property_default_ignorable_code_point(c))
		return false;
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M);
}

/*
 * A name is its owner's choice, and so may be an advertisement or a lure. Mail programs make links
 * and telephone numbers of text that looks like one, and people do of text that looks alike; so
 * only a name that is made of letters is shown. The name is judged in its compatibility form, which
 * takes apart characters that are several in one.
 */
static bool name_shown(struct str s)
{
	uint8_t plain[NAME_PLAIN];
	size_t n = sizeof plain;

	if (s.n == 0 || s.n > NAME_MAX_BYTES || !str_utf8(s) ||
	    u8_normalize(UNINORM_NFKC, (const uint8_t *)s.p, s.n, plain, &n) != plain)
		return false;
	for (size_t i = 0; i < n;) {
		ucs4_t c = 0;

		i += (size_t)u8_mbtouc(&c, plain + i, n - i);
		if (c == '.' ? i < n && plain[i] != ' ' : !letter_shown(c) && !punctuation_shown(c))
			return false;
	}
	return true;
}

/* A word of a User-Agent, and what is shown for it. Rows are tried in order: most claim to be
 * others too. */
struct device {
	const char *has, *shown;
};

static const struct device browsers[] = {
	{ "Edg", "Edge" },	  { "OPR/", "Opera" },	   { "SamsungBrowser", "Samsung Internet" },
	{ "Firefox", "Firefox" }, { "FxiOS", "Firefox" },  { "CriOS", "Chrome" },
	{ "Chrome/", "Chrome" },  { "Safari/", "Safari" }, { "curl/", "curl" },
};
static const struct device systems[] = {
	{ "Android", "Android" }, { "iPhone", "iPhone" }, { "iPad", "iPad" },
	{ "Windows", "Windows" }, { "CrOS", "ChromeOS" }, { "Mac OS X", "macOS" },
	{ "Linux", "Linux" },
};

static const char *device_find(const struct device *d, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(s.p, s.n, d[i].has, strlen(d[i].has)) != NULL)
			return d[i].shown;
	return NULL;
}

/* A User-Agent is its sender's choice: only words of ours come out. Null: not known. */
static struct str device_shown(struct str s, struct arena *a)
{
	if (s.n == 0)
		return (struct str){ 0 };

	const char *browser = device_find(browsers, sizeof browsers / sizeof *browsers, s);
	const char *system = device_find(systems, sizeof systems / sizeof *systems, s);

	if (browser != NULL && system != NULL)
		return arena_printf(a, "%s, %s", browser, system);
	return str_from(browser != NULL ? browser : system);
}

/* Whether the text is an address of IPv4 or IPv6, as nginx writes it. */
static bool address_shown(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (str_hex(s.p[i]) < 0 && s.p[i] != '.' && s.p[i] != ':')
			return false;
	return s.n <= 45;
}

/* "2026-11-22T12:34:56.123456Z" without what nobody reads. */
static struct str instant_shown(struct str s, struct arena *a)
{
	static const char form[] = "0000-00-00T00:00:";

	for (size_t i = 0; i < sizeof form - 1; i++)
		if (i >= s.n || (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i]))
			return (struct str){ 0 };
	return arena_printf(a, "%.10s %.5s UTC", s.p, s.p + 11);
}

static struct str member(const json_t *object, const char *name, struct arena *a)
{
	const json_t *v = json_object_get(object, name);

	if (!json_is_string(v))
		return (struct str){ 0 };
	return arena_dup(a, (struct str){ json_string_value(v), json_string_length(v) });
}

static void release(void *p)
{
	json_decref(p);
}

bool words_read(struct str json, struct arena *a, struct words *out)
{
	json_t *object = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);

	arena_defer(a, release, object);
	if (!json_is_object(object))
		return false;

	struct str name = member(object, "name", a), address = member(object, "address", a),
		   new_email = member(object, "new_email", a);

	if (name_shown(name))
		out->v[WORD_NAME] = name;
	if (address_shown(address))
		out->v[WORD_ADDRESS] = address;
	if (mailbox_address(new_email))
		out->v[WORD_NEW_EMAIL] = new_email;
	out->v[WORD_DEVICE] = device_shown(member(object, "device", a), a);
	out->v[WORD_AT] = instant_shown(member(object, "at", a), a);
	return true;
}

static int64_t minutes(int64_t us)
{
	if (us <= 0)
		return 0;
	return us < MINUTE_US ? 1 : (us + MINUTE_US / 2) / MINUTE_US;
}

struct str words_minutes(int64_t us, struct arena *a)
{
	int64_t n = minutes(us);

	if (n == 0)
		return (struct str){ 0 };
	return arena_printf(a, "%lld", (long long)n);
}

/* Units of time for each of locales[], in their order. */
static const struct units {
	const char *minute, *minutes, *hours, *days;
} units[] = { { "minute", "minutes", "hours", "days" },
	      { "Minute", "Minuten", "Stunden", "Tage" } };

_Static_assert(sizeof units / sizeof *units == LOCALES, "words of time for each language");

static const struct units *units_of(struct str locale)
{
	for (size_t i = 0; i < LOCALES; i++)
		if (str_eq(locale, locales[i]))
			return &units[i];
	return &units[0];
}

struct str words_time(int64_t us, struct str locale, struct arena *a)
{
	const struct units *w = units_of(locale);
	int64_t n = minutes(us);

	if (n == 0)
		return (struct str){ 0 };
	if (n >= 2 * DAY)
		return arena_printf(a, "%lld %s", (long long)(n / DAY), w->days);
	if (n >= 2 * HOUR)
		return arena_printf(a, "%lld %s", (long long)(n / HOUR), w->hours);
	return arena_printf(a, "%lld %s", (long long)n, n == 1 ? w->minute : w->minutes);
}
