/* SPDX-License-Identifier: MIT */
/* What the tests of the log share: stderr as a pipe, and its lines parsed. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tap, drop_tap)

enum { TEXT_MAX = 1 << 20, PIPE_SIZE = 8192 };

/* The small pipe that is stderr while a test runs. */
struct tap {
	int saved, in, out;
	char text[TEXT_MAX];
};

static inline void open_tap(struct tap *t)
{
	int ends[2] = { -1, -1 };

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	t->in = ends[0];
	t->out = ends[1];
	fcntl(t->in, F_SETFL, O_NONBLOCK);
	fcntl(t->out, F_SETPIPE_SZ, PIPE_SIZE);
	dup2(t->out, STDERR_FILENO);
}

static inline int make_tap(void **state)
{
	struct tap *t = calloc(1, sizeof *t);

	t->saved = dup(STDERR_FILENO);
	open_tap(t);
	log_forget();
	assert_true(log_configure(STR("debug"), LOG_JSON));
	*state = t;
	return 0;
}

/* What has arrived since the last call. */
static inline const char *arrived(struct tap *t)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(t->in, t->text + n, sizeof t->text - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	t->text[n] = '\0';
	return t->text;
}

static inline int drop_tap(void **state)
{
	struct tap *t = *state;

	/* What is left are the words of a failed assertion. */
	const char *left = arrived(t);

	dup2(t->saved, STDERR_FILENO);
	fputs(left, stderr);
	close(t->saved);
	close(t->in);
	close(t->out);
	free(t);
	return 0;
}

static inline const char *flushed(struct tap *t)
{
	log_flush();
	return arrived(t);
}

static inline json_t *parse_line(const char **rest)
{
	const char *end = strchr(*rest, '\n');
	json_error_t error = { 0 };

	assert_non_null(end);
	json_t *line = json_loadb(*rest, (size_t)(end - *rest), JSON_REJECT_DUPLICATES, &error);

	assert_non_null(line);
	*rest = end + 1;
	return line;
}

static inline const char *text_of(const json_t *line, const char *key)
{
	return json_string_value(json_object_get(line, key));
}

/* Fills text with n bytes of the pattern, from its second byte on when shift is 1. */
static inline struct str filled(char *text, size_t n, const char *pattern, size_t shift)
{
	size_t length = strlen(pattern);

	for (size_t i = 0; i < n; i++)
		text[i] = pattern[(i + shift) % length];
	text[n] = '\0';
	return (struct str){ text, n };
}
