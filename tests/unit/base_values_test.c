/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/random.h"
#include "base/uuid.h"

#include "text.h"

static void uuid_is_ordered(void **state)
{
	struct uuid last = uuid_v7();
	uint64_t ms = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct uuid id = uuid_v7();

		assert_true(memcmp(last.b, id.b, sizeof id.b) < 0);
		assert_int_equal(id.b[6] >> 4, 7);
		assert_int_equal(id.b[8] >> 6, 2);
		last = id;
	}
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | last.b[i];
	assert_in_range((uint64_t)instant_now().us / 1000 + 1000 - ms, 0, 2000);
}

static void uuid_differs_after_fork(void **state)
{
	int ends[2];
	struct uuid mine = uuid_v7(), theirs = { 0 };

	(void)state;
	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	mine = uuid_v7();
	if (child == 0)
		_exit(write(ends[1], &mine, sizeof mine) != (ssize_t)sizeof mine);
	assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	assert_memory_not_equal(mine.b + 8, theirs.b + 8, 8);
}

static void uuid_reads_and_writes(void **state)
{
	static const char *const bad[] = {
		"",
		"0190163d-8694-739b-aea5-966c26f8ad9",
		"0190163d-8694-739b-aea5-966c26f8ad911",
		"0190163d08694-739b-aea5-966c26f8ad91",
		"0190163d-8694-739b-aea5-966c26f8ad9g",
		"0190163d-8694-739b-aea5-966c26f8ad-1",
		"{190163d-8694-739b-aea5-966c26f8ad9}",
		"0190163d8694-739b-aea5-966c26f8ad91-",
		" 190163d-8694-739b-aea5-966c26f8ad91",
	};
	char text[UUID_TEXT];
	struct uuid id = { 0 };

	(void)state;
	assert_true(uuid_none(id));
	assert_true(uuid_parse(STR("0190163D-8694-739b-AEA5-966c26f8ad91"), &id));
	assert_false(uuid_none(id));
	assert_int_equal(id.b[0], 0x01);
	assert_int_equal(id.b[6], 0x73);
	assert_int_equal(id.b[15], 0x91);
	assert_str(uuid_format(id, text), "0190163d-8694-739b-aea5-966c26f8ad91");
	assert_string_equal(text, "0190163d-8694-739b-aea5-966c26f8ad91");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct uuid same = id;

		assert_false(uuid_parse(str_from(bad[i]), &same));
		assert_true(uuid_eq(id, same));
	}
	assert_false(uuid_parse((struct str){ 0 }, &id));
}

static void instant_writes(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 1, "1970-01-01T00:00:00.000001Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ -1000000, "1969-12-31T23:59:59.000000Z" },
		{ 951782400000000, "2000-02-29T00:00:00.000000Z" },
		{ 951868799999999, "2000-02-29T23:59:59.999999Z" },
		{ -2203891200000000, "1900-03-01T00:00:00.000000Z" },
		{ -2203891200000001, "1900-02-28T23:59:59.999999Z" },
		{ 1795350896123456, "2026-11-22T12:34:56.123456Z" },
		{ 4107542400000000, "2100-03-01T00:00:00.000000Z" },
		{ -62135596800000000, "0001-01-01T00:00:00.000000Z" },
		{ -62135596800000001, "0000-12-31T23:59:59.999999Z" },
		{ -62162035200000000, "0000-03-01T00:00:00.000000Z" },
		{ -62162035200000001, "0000-02-29T23:59:59.999999Z" },
		{ -62167219200000000, "0000-01-01T00:00:00.000000Z" },
		{ -62167219200000001, "0000-01-01T00:00:00.000000Z" },
		{ 253402300799999999, "9999-12-31T23:59:59.999999Z" },
		{ 253402300800000000, "9999-12-31T23:59:59.999999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999999Z" },
		{ INT64_MIN, "0000-01-01T00:00:00.000000Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[INSTANT_TEXT];

		assert_str(instant_format((struct instant){ rows[i].us }, text), rows[i].text);
		assert_string_equal(text, rows[i].text);
	}
	assert_true(ticks_us() <= ticks_us());
}

static void instant_reads(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.000001Z", 1 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1970-01-01T00:00:00-23:59", 86340000000 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "2000-02-29T00:00:00Z", 951782400000000 },
		{ "2000-02-29t23:59:59.999999z", 951868799999999 },
		{ "2000-02-29T23:59:59.9999999999Z", 951868799999999 },
		{ "2026-11-22T12:34:56.123456Z", 1795350896123456 },
		{ "2026-11-22T12:34:56.1Z", 1795350896100000 },
		{ "2026-11-22T12:34:56Z", 1795350896000000 },
		{ "2026-11-22T14:34:56+02:00", 1795350896000000 },
		{ "2100-03-01T00:00:00Z", 4107542400000000 },
		{ "9999-12-31T23:59:59.999999Z", 253402300799999999 },
	};
	static const char *const bad[] = {
		"",
		"now",
		"2026-11-22",
		"2026-11-22T12:34:56",
		"2026-11-22 12:34:56Z",
		"2026-11-22T12:34Z",
		"2026-11-22T12:34:56.Z",
		"2026-11-22T12:34:56,5Z",
		"2026-11-22T12:34:56Z ",
		" 2026-11-22T12:34:56Z",
		"2026-11-22T12:34:56ZZ",
		"2026-11-22T12:34:56+0100",
		"2026-11-22T12:34:56+01",
		"2026-11-22T12:34:56+24:00",
		"2026-11-22T12:34:56+01:60",
		"2026-11-22T12:34:56 01:00",
		"2026-11-22T24:00:00Z",
		"2026-11-22T12:60:00Z",
		"2016-12-31T23:59:60Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-00-10T00:00:00Z",
		"2026-13-10T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2026-11-32T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"-026-11-22T12:34:56Z",
		"2026-11-22T-1:34:56Z",
		"2026-11-22T12:-0:56Z",
		"2026-1-22T12:34:56Z",
		"2026\r11-22T12:34:56Z",
		"12026-11-22T12:34:56Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct instant t = INSTANT_NONE;

		assert_true(instant_parse(str_from(rows[i].text), &t));
		assert_int_equal(t.us, rows[i].us);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct instant t = { 42 };

		assert_false(instant_parse(str_from(bad[i]), &t));
		assert_int_equal(t.us, 42);
	}
}

/* What is written is read again, on every day of four centuries. */
static void instant_reads_what_it_writes(void **state)
{
	char text[INSTANT_TEXT];

	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		struct instant t = { (day * 86400 + day % 86400) * 1000000 + day }, back = { 0 };

		assert_true(instant_parse(instant_format(t, text), &back));
		assert_int_equal(back.us, t.us);
	}
}

static void uuid_of_an_instant_is_the_least(void **state)
{
	char text[UUID_TEXT];
	struct instant before = instant_now();
	struct uuid id = uuid_v7(), least = uuid_v7_least(before);
	/* A burst of ids, as the tests before have made, runs ahead of the clock. */
	struct uuid above = uuid_v7_least((struct instant){ instant_now().us + 1000000 });

	(void)state;
	assert_true(memcmp(least.b, id.b, sizeof id.b) < 0);
	assert_true(memcmp(id.b, above.b, sizeof id.b) < 0);
	assert_str(uuid_format(uuid_v7_least((struct instant){ 1795350896123456 }), text),
		   "01a20340-9dfb-7000-8000-000000000000");
	assert_str(uuid_format(uuid_v7_least((struct instant){ -5 }), text),
		   "00000000-0000-7000-8000-000000000000");
}

static void err_has_rows(void **state)
{
	(void)state;
	for (enum err e = 1; e <= err_count(); e++) {
		assert_in_range(err_row(e)->status, 400, 599);
		assert_non_null(err_row(e)->code);
		assert_non_null(err_row(e)->title);
	}
	assert_int_equal(err_row(OK)->status, 200);
	assert_string_equal(err_row(ERR_NOT_FOUND)->name, "NOT_FOUND");
	assert_ptr_equal(err_row(ERR_CANCELLED), err_row(ERR_INTERNAL));
	assert_ptr_equal(err_row(ERR_NO_ROW), err_row(ERR_INTERNAL));
}

static void random_is_bounded(void **state)
{
	int64_t seen = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t v = random_below(10);

		assert_true(v >= 0 && v < 10);
		seen |= 1 << v;
	}
	assert_int_equal(seen, 0x3ff);
	assert_int_equal(random_below(1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uuid_is_ordered),
		cmocka_unit_test(uuid_differs_after_fork),
		cmocka_unit_test(uuid_reads_and_writes),
		cmocka_unit_test(instant_writes),
		cmocka_unit_test(instant_reads),
		cmocka_unit_test(instant_reads_what_it_writes),
		cmocka_unit_test(uuid_of_an_instant_is_the_least),
		cmocka_unit_test(err_has_rows),
		cmocka_unit_test(random_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
