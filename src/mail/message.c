/* SPDX-License-Identifier: MIT */
#include "mail/message.h"

#include <string.h>
#include <time.h>

enum {
	LINE_MAX = 76,	 /* RFC 2045 section 6.7, RFC 2047 section 2 */
	WORD_MAX = 75,	 /* RFC 2047 section 2 */
	SUBJECT_RAW = 66 /* a text that fits beside "Subject: " into a line */
};

static const char hex[] = "0123456789ABCDEF";

static bool ascii_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* --- headers --- */

/* Whether an encoded word may hold the byte as it is wherever it stands (RFC 2047 section 5). */
static bool plain_in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!*+-/", c) != NULL);
}

/* Bytes of the character that begins here; s is valid UTF-8. */
static size_t char_length(struct str s)
{
	unsigned char c = (unsigned char)*s.p;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Encodes one character for an encoded word; returns its length. */
static size_t encode_char(struct str s, size_t n, char out[static 12])
{
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == ' ') {
			out[length++] = '_';
		} else if (plain_in_word((char)c)) {
			out[length++] = (char)c;
		} else {
			out[length++] = '=';
			out[length++] = hex[c >> 4];
			out[length++] = hex[c & 15];
		}
	}
	return length;
}

/*
 * Adds encoded words (RFC 2047), over as many lines as it takes; `column` is where it begins. No
 * character is divided between two words (section 5), and no byte that could end the header is left
 * as it is.
 */
static void add_words(struct str s, size_t column, struct buf *out)
{
	static const struct str begin = STR("=?UTF-8?Q?"), end = STR("?=");
	size_t length = begin.n;

	buf_add(out, begin);
	while (s.n > 0) {
		char encoded[12];
		size_t taken = char_length(s), n = encode_char(s, taken, encoded);

		if (length + n + end.n > WORD_MAX || column + length + n + end.n > LINE_MAX) {
			buf_add(out, STR("?=\r\n =?UTF-8?Q?"));
			length = begin.n;
			column = 1;
		}
		buf_add(out, (struct str){ encoded, n });
		length += n;
		s = str_from_at(s, taken);
	}
	buf_add(out, end);
}

static void add_subject(struct str s, struct buf *out)
{
	static const struct str name = STR("Subject: ");

	buf_add(out, name);
	if (ascii_printable(s) && s.n <= SUBJECT_RAW && memmem(s.p, s.n, "=?", 2) == NULL)
		buf_add(out, s);
	else
		add_words(s, name.n, out);
	buf_add(out, STR("\r\n"));
}

/* Adds a name, always in quotes, so that no comma or colon of it means anything. */
static void add_quoted(struct str s, struct buf *out)
{
	buf_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, s.p[i]);
	}
	buf_char(out, '"');
}

static void add_from(const struct mailbox *from, struct buf *out)
{
	static const struct str name = STR("From: ");

	buf_add(out, name);
	if (from->name.n > SUBJECT_RAW || !ascii_printable(from->name))
		add_words(from->name, name.n, out);
	else if (from->name.n > 0)
		add_quoted(from->name, out);
	/* A long name and a long address do not go into one line. */
	if (from->name.n > 0)
		buf_add(out, STR("\r\n "));
	buf_printf(out, "<%s>\r\n", from->address.p);
}

/* RFC 5322 section 3.3. */
static void add_date(struct instant t, struct buf *out)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = t.us / 1000000;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	buf_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
		   tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		   tm.tm_sec);
}

static void add_headers(const struct message *m, const char *id, struct buf *out)
{
	const char *domain = strchr(m->from.address.p, '@') + 1;

	add_from(&m->from, out);
	buf_printf(out, "To: <%s>\r\n", m->to.p);
	add_subject(m->subject, out);
	add_date(m->date, out);
	buf_printf(out, "Message-ID: <%s@%s>\r\n", id, domain);
	/* RFC 3834 section 5: no holiday notice answers the mail. */
	buf_add(out, STR("Auto-Submitted: auto-generated\r\n"));
	buf_printf(out, "Content-Language: %s\r\n", m->language.p);
	buf_add(out, STR("MIME-Version: 1.0\r\n"));
}

/* --- the body: RFC 2045 section 6.7 --- */

/* Whether the byte at i can stand in a line as it is. */
static bool plain_in_text(struct str s, size_t i, size_t column)
{
	char c = s.p[i];

	if (c == ' ')
		return i + 1 < s.n && s.p[i + 1] != '\n' && s.p[i + 1] != '\r';
	/* A dot alone ends a mail, and some programs put ">" before "From ". */
	if (column == 0 && (c == '.' || c == 'F'))
		return false;
	return c > 0x20 && c < 0x7f && c != '=';
}

static void add_text(struct str s, struct buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		if (c == '\n') {
			buf_add(out, STR("\r\n"));
			column = 0;
			continue;
		}

		bool plain = plain_in_text(s, i, column);

		/* One column is for the "=" that says that the line goes on. */
		if (column + (plain ? 1 : 3) > LINE_MAX - 1) {
			buf_add(out, STR("=\r\n"));
			column = 0;
			plain = plain_in_text(s, i, column);
		}
		if (plain) {
			buf_char(out, (char)c);
			column++;
		} else {
			buf_printf(out, "=%c%c", hex[c >> 4], hex[c & 15]);
			column += 3;
		}
	}
	if (column > 0)
		buf_add(out, STR("\r\n"));
}

static void add_part(const char *id, const char *type, struct str text, struct buf *out)
{
	buf_printf(out,
		   "--=_%s\r\n"
		   "Content-Type: %s; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n",
		   id, type);
	add_text(text, out);
	buf_add(out, STR("\r\n"));
}

bool message_write(const struct message *m, struct buf *out)
{
	char id[UUID_TEXT];

	if (!mailbox_address(m->from.address) || !mailbox_address(m->to) ||
	    !ascii_printable(m->from.address) || !ascii_printable(m->language) ||
	    !str_utf8(m->from.name) || !str_utf8(m->subject) || !str_utf8(m->text) ||
	    !str_utf8(m->html))
		return false;
	uuid_format(m->id, id);
	add_headers(m, id, out);
	/* "=_" never comes out of quoted-printable, so no text can end its part. */
	buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n\r\n", id);
	add_part(id, "text/plain", m->text, out);
	add_part(id, "text/html", m->html, out);
	buf_printf(out, "--=_%s--\r\n", id);
	return true;
}
