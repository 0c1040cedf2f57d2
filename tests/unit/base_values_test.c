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
		cmocka_unit_test(uuid_is_ordered),	 cmocka_unit_test(uuid_differs_after_fork),
		cmocka_unit_test(uuid_reads_and_writes), cmocka_unit_test(instant_writes),
		cmocka_unit_test(err_has_rows),		 cmocka_unit_test(random_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
