/* SPDX-License-Identifier: MIT */
#include "mail/reply.h"

#include <string.h>

const char *dialogue_login(enum conf_mail_auth way, struct arena *a)
{
	if (way == CONF_AUTH_PLAIN_LOGIN)
		return "AUTH=PLAIN;AUTH=LOGIN";
	return arena_printf(a, "AUTH=%s", vocabulary_word(&conf_mail_auth_words, (int)way).p).p;
}

void dialogue_said(struct dialogue *d, struct str command)
{
	static const struct {
		struct str begin;
		enum stage stage;
	} commands[] = { { STR("MAIL "), STAGE_MAIL },
			 { STR("RCPT "), STAGE_RECIPIENT },
			 { STR("DATA"), STAGE_DATA } };

	if (d->over || str_starts(command, STR("QUIT"))) {
		d->over = true;
		return;
	}
	d->n = 0;
	d->ended = false;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (str_starts(command, commands[i].begin))
			d->stage = commands[i].stage;
}

/* RFC 5321 section 4.2.1: the last line of a reply has a space behind the code, or nothing. */
static bool last_line(struct str line)
{
	for (size_t i = 0; i < 3; i++)
		if (i >= line.n || line.p[i] < '0' || line.p[i] > '9')
			return false;
	return line.n == 3 || line.p[3] != '-';
}

void dialogue_heard(struct dialogue *d, struct str line)
{
	size_t room = 0;

	if (d->over)
		return;
	if (d->ended)
		d->n = 0;
	room = sizeof d->reply - d->n;
	if (line.n < room)
		room = line.n;
	memcpy(d->reply + d->n, line.p, room);
	d->n += room;
	d->ended = last_line(line);
}

bool dialogue_writing(const struct dialogue *d)
{
	return d->stage == STAGE_DATA;
}

int dialogue_code(const struct dialogue *d)
{
	int code = 0;

	if (!d->ended || !last_line((struct str){ d->reply, 3 < d->n ? 3 : d->n }))
		return 0;
	for (size_t i = 0; i < 3; i++)
		code = code * 10 + (d->reply[i] - '0');
	return code;
}

enum post_result dialogue_judge(const struct dialogue *d)
{
	int code = dialogue_code(d);

	/* 421: the server is about to close, whatever it was asked (RFC 5321 section 3.8). */
	if (d->stage <= STAGE_MAIL || code == 421)
		return POST_AWAY;
	return code >= 500 && code <= 599 ? POST_REFUSED : POST_LATER;
}

struct str dialogue_clean(struct str s, struct arena *a)
{
	struct str copy = arena_dup(a, s);
	char *p = (char *)copy.p; /* the copy is ours */
	bool utf8 = str_utf8(s);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool space = c <= ' ' || c == 0x7f;

		if (space && (n == 0 || p[n - 1] == ' '))
			continue;
		p[n++] = space ? ' ' : c >= 0x80 && !utf8 ? '?' : (char)c;
	}
	while (n > 0 && p[n - 1] == ' ')
		n--;
	p[n] = '\0';
	return (struct str){ p, n };
}

struct str dialogue_text(const struct dialogue *d, struct arena *a)
{
	return dialogue_clean((struct str){ d->reply, d->n }, a);
}
