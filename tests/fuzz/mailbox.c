/* SPDX-License-Identifier: MIT */
/* "Name <a@b>", and what the outbox holds for a mail: nothing comes out that breaks a header. */
#include <assert.h>
#include <string.h>

#include "mail/words.h"
#include "text/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(struct str s)
{
	assert(s.n >= 3 && s.n <= MAILBOX_ADDRESS_MAX && str_utf8(s) && !str_has_controls(s));
	assert(memchr(s.p, '@', s.n) == memrchr(s.p, '@', s.n) && s.p[0] != '@');
	for (size_t i = 0; i < s.n; i++)
		assert(strchr(" ()<>[]:;\\,\"", s.p[i]) == NULL);
}

static void check_mailbox(struct str text, struct arena *a)
{
	struct mailbox m = { 0 };

	if (mailbox_address(text))
		check_address(text);
	if (!mailbox_parse(text, a, &m))
		return;
	check_address(m.address);
	assert(m.name.n <= text.n && str_utf8(m.name) && !str_has_controls(m.name));
}

static void check_words(struct str json, struct arena *a)
{
	struct words w = { 0 };

	if (!words_read(json, a, &w))
		return;
	for (size_t i = 0; i < WORDS; i++)
		assert(str_utf8(w.v[i]));
	/* Nothing that a mail program would make a link of. */
	for (size_t i = 0; i < w.v[WORD_NAME].n; i++)
		assert(strchr("/:@\\<>", w.v[WORD_NAME].p[i]) == NULL);
	assert(w.v[WORD_ADDRESS].n <= 45 && w.v[WORD_AT].n <= 24 && w.v[WORD_DEVICE].n <= 40);
	if (w.v[WORD_NEW_EMAIL].p != NULL)
		check_address(w.v[WORD_NEW_EMAIL]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	struct str text = { size > 0 ? (const char *)data : "", size };

	if (a == NULL)
		a = arena_make(1 << 24, NULL, NULL);
	check_mailbox(text, a);
	check_words(text, a);
	arena_reset(a);
	return 0;
}
