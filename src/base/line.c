/* SPDX-License-Identifier: MIT */
/*
 * Values come from the network, so each passes put_value(), which lets no control character,
 * bidirectional override or malformed byte through: a client can neither forge a line nor move a
 * terminal's cursor.
 */
#include "base/line.h"

#include <stdio.h>
#include <string.h>

#include "base/instant.h"

enum {
	/* The bytes that a value may take once it is escaped. */
	ROOM_REQUEST_ID = 128,
	ROOM_USER_ID = 64,
	ROOM_ROUTE = 192,
	ROOM_METHOD = 32,
	ROOM_PATH = 1024,
	ROOM_CODE = 64,
	/* Time, level, keys, quotes, numbers and the dots of a cut value, in either form. */
	FRAME = 350,
	CONTEXT = ROOM_REQUEST_ID + ROOM_USER_ID + ROOM_ROUTE
};

/* An access line has a path and a message of one word, any other line no path. */
_Static_assert(FRAME + LINE_MODULE + CONTEXT + LINE_MESSAGE <= LINE_MAX_BYTES, "message too long");
_Static_assert(FRAME + LINE_MODULE + CONTEXT + ROOM_METHOD + ROOM_PATH + ROOM_CODE <=
		       LINE_MAX_BYTES,
	       "path too long");

static const struct {
	struct str name;
	const char *padded, *colour;
} levels[] = {
	[LOG_ERROR] = { { "error", 5 }, "error", "\033[31m" },
	[LOG_WARN] = { { "warn", 4 }, "warn ", "\033[33m" },
	[LOG_INFO] = { { "info", 4 }, "info ", "\033[32m" },
	[LOG_DEBUG] = { { "debug", 5 }, "debug", "\033[2m" },
};

struct str line_level(size_t level)
{
	if (level >= sizeof levels / sizeof *levels)
		return (struct str){ 0 };
	return levels[level].name;
}

void line_put(struct line *l, struct str s)
{
	if (s.n > sizeof l->p - l->n)
		s.n = sizeof l->p - l->n;
	if (s.n > 0)
		memcpy(l->p + l->n, s.p, s.n);
	l->n += s.n;
}

/* The code point that the well-formed run s is. */
static uint32_t code_point(struct str s)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)s.p[0] & lead[s.n];

	for (size_t i = 1; i < s.n; i++)
		code = code << 6 | ((unsigned char)s.p[i] & 0x3f);
	return code;
}

/*
 * Controls (C0, DEL, C1), line separators, and characters that turn the direction of text behind
 * them.
 */
static bool hostile(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/*
 * Takes one code point, or one malformed byte, off *s: as it is, or the escape written to text.
 * Between quotes, quotes and backslashes are escaped too.
 */
static struct str next_unit(struct str *s, bool quoted, char text[static 8])
{
	unsigned char c = (unsigned char)s->p[0];
	struct str unit = { s->p, c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2 };
	int n = 0;

	if (unit.n > s->n || !str_utf8(unit)) {
		*s = str_from_at(*s, 1);
		n = snprintf(text, 8, "%s\\x%02x", quoted ? "\\" : "", c);
		return (struct str){ text, (size_t)n };
	}
	*s = str_from_at(*s, unit.n);
	if (c == '\n')
		return STR("\\n");
	if (hostile(code_point(unit)))
		n = snprintf(text, 8, "\\u%04x", code_point(unit) & 0xffff);
	else if (quoted && (c == '"' || c == '\\'))
		n = snprintf(text, 8, "\\%c", c);
	return n > 0 ? (struct str){ text, (size_t)n } : unit;
}

/* Bytes at the start of s that need no look: printable ASCII but for quote and backslash. */
static size_t harmless(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

/* Adds s escaped, at most room bytes of it and then three dots. */
static void put_value(struct line *l, struct str s, size_t room, bool quoted)
{
	char text[8] = "";

	while (s.n > 0) {
		struct str part = { s.p, harmless(s) };

		if (part.n > 0) {
			part.n = part.n < room ? part.n : room;
			s = str_from_at(s, part.n);
		} else {
			part = next_unit(&s, quoted, text);
		}
		if (part.n == 0 || part.n > room)
			return line_put(l, STR("..."));
		line_put(l, part);
		room -= part.n;
	}
}

/* Adds a key and the start of its value: JSON's second and later members, or key=value. */
static void put_key(struct line *l, struct str key)
{
	line_put(l, l->text ? STR(" ") : STR(",\""));
	line_put(l, key);
	line_put(l, l->text ? STR("=") : STR("\":"));
}

static void put_member(struct line *l, struct str key, struct str value, size_t room)
{
	if (value.p == NULL)
		return;

	/* On a terminal quotes stand only where the value would not end by itself. */
	bool quoted = !l->text || value.n == 0 || harmless(value) < value.n ||
		      memchr(value.p, ' ', value.n) != NULL;
	struct str quote = quoted ? STR("\"") : STR("");

	put_key(l, key);
	line_put(l, quote);
	put_value(l, value, room, quoted);
	line_put(l, quote);
}

static void put_number(struct line *l, struct str key, int64_t value)
{
	char digits[24] = "";

	snprintf(digits, sizeof digits, "%lld", (long long)value);
	put_key(l, key);
	line_put(l, str_from(digits));
}

static void put_facts(struct line *l, const struct event *e)
{
	if (e->context != NULL) {
		put_member(l, STR("request_id"), e->context->request_id, ROOM_REQUEST_ID);
		put_member(l, STR("user_id"), e->context->user_id, ROOM_USER_ID);
		put_member(l, STR("route"), e->context->route, ROOM_ROUTE);
	}
	if (e->request != NULL) {
		put_member(l, STR("method"), e->request->method, ROOM_METHOD);
		put_member(l, STR("path"), e->request->path, ROOM_PATH);
		put_number(l, STR("status"), e->request->status);
		put_number(l, STR("duration_us"), e->request->duration_us);
		put_member(l, STR("code"), e->request->code, ROOM_CODE);
	}
}

static void put_json(struct line *l, const struct event *e, struct str time)
{
	line_put(l, STR("{\"time\":\""));
	line_put(l, time);
	line_put(l, STR("\""));
	put_member(l, STR("level"), levels[e->level].name, LINE_MODULE);
	put_member(l, STR("module"), e->module, LINE_MODULE);
	put_facts(l, e);
	put_member(l, STR("message"), e->message, LINE_MESSAGE);
	line_put(l, STR("}\n"));
}

/* "12:34:56.123 info  http: message key=value"; the time is UTC, as in JSON. */
static void put_text(struct line *l, const struct event *e, struct str time)
{
	line_put(l, (struct str){ time.p + sizeof "2026-11-22T" - 1, sizeof "12:34:56.123" - 1 });
	line_put(l, STR(" "));
	if (l->colour)
		line_put(l, str_from(levels[e->level].colour));
	line_put(l, str_from(levels[e->level].padded));
	if (l->colour)
		line_put(l, STR("\033[0m"));
	line_put(l, STR(" "));
	put_value(l, e->module, LINE_MODULE, false);
	line_put(l, STR(": "));
	put_value(l, e->message, LINE_MESSAGE, false);
	put_facts(l, e);
	line_put(l, STR("\n"));
}

void line_event(struct line *l, const struct event *e)
{
	char time[INSTANT_TEXT] = "";
	struct str now = instant_format(instant_now(), time);

	if (l->text)
		put_text(l, e, now);
	else
		put_json(l, e, now);
}
