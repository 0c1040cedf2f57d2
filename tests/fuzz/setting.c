/* SPDX-License-Identifier: MIT */
/*
 * Any lines as an environment: settings of every kind and what lies between them. What is wrong is
 * told in printable text that repeats no secret; what is right is within its bounds.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/setting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 48 };

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return str_utf8(s);
}

static void check_bounds(const struct conf *c)
{
	for (const struct setting *s = settings; s < settings + SETTING_COUNT; s++) {
		const void *at = (const char *)c + s->offset;
		const struct str *text = at;
		int64_t n = 0;

		if (s->kind == SETTING_BOOL)
			continue;
		if (s->kind == SETTING_ENUM) {
			assert(vocabulary_word(s->words, *(const int *)at).n > 0);
			continue;
		}
		if (s->kind == SETTING_INT || s->kind == SETTING_DURATION)
			memcpy(&n, at, sizeof n);
		else
			n = (int64_t)text->n;
		assert(n >= s->min && (s->max == 0 || n <= s->max));
	}
}

/* Files and other folders are not the fuzzer's to read. */
static bool harmless(const char *line)
{
	return strstr(line, "_FILE") == NULL && strncmp(line, "APP_ENV", 7) != 0 &&
	       strncmp(line, "APP_CONFIG", 10) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_make(1 << 24, NULL, NULL);
	struct str rest = arena_dup(a, (struct str){ size > 0 ? (const char *)data : "", size });
	struct conf c = { 0 };
	struct conf_faults faults = { 0 };
	char *env[LINES + 1] = { 0 };
	struct str line = { 0 };

	for (size_t n = 0; n < LINES && size <= 16384 && str_split(&rest, '\n', &line);) {
		env[n] = (char *)arena_dup(a, line).p;
		n += harmless(env[n]);
	}
	for (size_t n = 0; n < LINES; n++)
		if (env[n] != NULL && !harmless(env[n]))
			env[n] = NULL;

	bool right = conf_load("/nonexistent", env, a, &c, &faults);

	assert(right == (faults.n == 0));
	check_bounds(&c);
	assert(conf_check(&c, a, &faults) || faults.n > 0);
	for (const struct conf_fault *f = faults.first; f != NULL; f = f->next)
		assert(printable(f->text) && f->text.n < 1024);
	arena_free(a);
	return 0;
}
