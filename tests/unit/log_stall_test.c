/* SPDX-License-Identifier: MIT */
/* When lines are written, and what happens when they cannot be. */
#include "log_tap.h"

#include <errno.h>
#include <limits.h>

static void test_gathering(void **state)
{
	struct tap *t = *state;
	char text[1500] = "";

	log_info("x", "one");
	assert_string_equal(arrived(t), "");
	log_forget();
	assert_string_equal(flushed(t), "");
	log_info("x", "two");
	errno = EDOM;
	log_error("x", "at once: %m");
	assert_int_equal(errno, EDOM);
	assert_non_null(strstr(arrived(t), "two"));
	assert_non_null(strstr(t->text, "Numerical argument out of domain"));

	/* Whole lines only, at most PIPE_BUF bytes a write. */
	filled(text, sizeof text - 1, "m", 0);
	log_info("x", "%s", text);
	log_info("x", "%s", text);
	assert_string_equal(arrived(t), "");
	log_info("x", "%s", text);
	assert_in_range(strlen(arrived(t)), 1, PIPE_BUF);

	const char *rest = t->text;

	json_decref(parse_line(&rest));
	json_decref(parse_line(&rest));
	assert_string_equal(rest, "");
	flushed(t);
}

static void test_stalled_reader(void **state)
{
	struct tap *t = *state;
	static const char fill[PIPE_SIZE] = "";

	assert_int_equal(write(t->out, fill, sizeof fill), sizeof fill);
	log_info("x", "lost 1");
	log_info("x", "lost 2");
	log_flush();
	log_error("x", "lost 3");
	log_flush();
	assert_int_equal(read(t->in, t->text, sizeof fill), sizeof fill);
	log_info("x", "seen");

	const char *rest = flushed(t);
	json_t *first = parse_line(&rest), *second = parse_line(&rest);

	assert_string_equal(rest, "");
	assert_string_equal(text_of(first, "level"), "warn");
	assert_string_equal(text_of(first, "module"), "log");
	assert_string_equal(text_of(first, "message"), "3 log lines dropped");
	assert_string_equal(text_of(second, "message"), "seen");
	json_decref(first);
	json_decref(second);
	assert_string_equal(flushed(t), "");
}

/* Told without waiting for the next line; then never again. */
static void test_dropped_told_soon(void **state)
{
	struct tap *t = *state;
	static const char fill[PIPE_SIZE] = "";

	assert_int_equal(write(t->out, fill, sizeof fill), sizeof fill);
	log_error("x", "lost");
	assert_int_equal(read(t->in, t->text, sizeof fill), sizeof fill);
	assert_non_null(strstr(flushed(t), "\"1 log lines dropped\""));
	assert_string_equal(flushed(t), "");
}

/* Neither a signal nor an error for the caller. */
static void test_reader_gone(void **state)
{
	struct tap *t = *state;

	close(t->in);
	log_error("x", "lost");
	close(t->out);
	close(STDERR_FILENO);
	log_error("x", "lost");
	dup2(t->saved, STDERR_FILENO); /* or the new pipe would get its number */
	open_tap(t);
	log_info("x", "seen");
	assert_non_null(strstr(flushed(t), "\"2 log lines dropped\""));
	assert_non_null(strstr(t->text, "\"seen\""));
}

/* A file that is full takes a part of a line; what follows starts on a line of its own. */
static void test_torn_line(void **state)
{
	struct tap *t = *state;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), side = -1;
	struct str all = { t->text, 0 };
	char text[1000] = "";

	/* A terminal that nobody reads is the one thing here that takes writes in part. */
	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	side = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(side >= 0);
	dup2(side, STDERR_FILENO);
	filled(text, sizeof text - 1, "m", 0);
	for (size_t i = 0; i < 100; i++)
		log_error("x", "%s", text);
	for (ssize_t got = 1; got > 0; all.n += got > 0 ? (size_t)got : 0)
		got = read(terminal, t->text + all.n, 4096);
	log_error("x", "seen");
	for (ssize_t got = 1; got > 0; all.n += got > 0 ? (size_t)got : 0)
		got = read(terminal, t->text + all.n, 4096);
	t->text[all.n] = '\0';
	dup2(t->out, STDERR_FILENO);
	close(side);
	close(terminal);

	const char *notice = strstr(t->text, "log lines dropped");

	assert_non_null(notice);
	while (notice > t->text && notice[-1] != '\n')
		notice--;
	json_decref(parse_line(&notice));
	assert_non_null(strstr(notice, "seen"));
	json_decref(parse_line(&notice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gathering),	TEST(test_stalled_reader), TEST(test_dropped_told_soon),
		TEST(test_reader_gone), TEST(test_torn_line),
	};

	return cmocka_run_group_tests_name("log_stall", tests, NULL, NULL);
}
