/* SPDX-License-Identifier: MIT */
/*
 * Any lines as what an SMTP server says, those that begin with ">" as what it was told: a code is
 * three digits of a whole reply, and what is kept of it is one line of valid UTF-8.
 */
#include <assert.h>
#include <string.h>

#include "mail/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dialogue *d, struct arena *a)
{
	struct str text = dialogue_text(d, a);
	enum post_result result = dialogue_judge(d);
	int code = dialogue_code(d);

	assert(d->n <= REPLY_KEPT && code >= 0 && code <= 999);
	assert(code == 0 || d->ended);
	assert(result == POST_AWAY || result == POST_REFUSED || result == POST_LATER);
	assert(result != POST_REFUSED || (code >= 500 && code <= 599 && d->stage > STAGE_MAIL));
	assert(str_utf8(text) && text.n <= REPLY_KEPT && text.p[text.n] == '\0');
	for (size_t i = 0; i < text.n; i++)
		assert((unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7f);
	assert(text.n == 0 || (text.p[0] != ' ' && text.p[text.n - 1] != ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	struct dialogue d = { 0 };
	struct str rest = { size > 0 ? (const char *)data : "", size }, line = { 0 };

	if (a == NULL)
		a = arena_make(1 << 24, NULL, NULL);
	for (int i = 0; i < 256 && str_split(&rest, '\n', &line); i++) {
		if (str_starts(line, STR(">")))
			dialogue_said(&d, str_from_at(line, 1));
		else
			dialogue_heard(&d, line);
		check(&d, a);
	}
	arena_reset(a);
	return 0;
}
