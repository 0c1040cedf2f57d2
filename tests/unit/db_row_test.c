/* SPDX-License-Identifier: MIT */
/* Enumerations between C and PostgreSQL: words that are known, null, and one that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/row.h"
#include "log_tap.h"

enum size { SIZE_NONE, SIZE_SMALL, SIZE_LARGE };

struct thing {
	struct str name;
	enum size size;
};

static const struct str size_words[] = { { 0 }, { "small", 5 }, { "large", 5 } };
static const struct vocabulary sizes = { size_words, 3 };

static const struct db_column columns[] = {
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct thing, name) },
	{ .name = "size",
	  .kind = KIND_ENUM,
	  .offset = offsetof(struct thing, size),
	  .words = &sizes },
};

static const struct db_statement statement = { .name = "thing_get",
					       .params = columns,
					       .param_count = 2,
					       .columns = columns,
					       .column_count = 2 };

static enum err decode(const char *word, struct arena *a, struct thing *out)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc names[] = { { .name = (char *)(uintptr_t) "name" },
				 { .name = (char *)(uintptr_t) "size" } };

	assert_true(PQsetResultAttrs(r, 2, names));
	assert_true(PQsetvalue(r, 0, 0, (char *)(uintptr_t) "n", 1));
	assert_true(PQsetvalue(r, 0, 1, (char *)(uintptr_t)word,
			       word == NULL ? -1 : (int)strlen(word)));

	enum err e = row_decode(&statement, r, 0, a, out);

	PQclear(r);
	return e;
}

static void known_words(void **state)
{
	static const struct {
		const char *word;
		enum size size;
	} rows[] = { { "small", SIZE_SMALL }, { "large", SIZE_LARGE }, { NULL, SIZE_NONE } };
	struct arena *a = arena_make(1 << 16, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct thing t = { .size = SIZE_LARGE };
		struct row_params p;

		assert_int_equal(decode(rows[i].word, a, &t), OK);
		assert_int_equal(t.size, rows[i].size);
		row_encode(&statement, &t, &p);
		if (rows[i].word == NULL) {
			assert_null(p.values[1]);
			continue;
		}
		assert_int_equal(p.lengths[1], strlen(rows[i].word));
		assert_memory_equal(p.values[1], rows[i].word, strlen(rows[i].word));
	}
	arena_free(a);
}

/* A newer version may have added words: this one does not guess what they mean. */
static void unknown_words(void **state)
{
	static const char *const words[] = { "huge", "", "Small", "small ", "smal" };
	struct arena *a = arena_make(1 << 16, NULL, NULL);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct thing t = { 0 };

		assert_int_equal(decode(words[i], a, &t), ERR_INTERNAL);
		assert_non_null(
			strstr(flushed(*state),
			       "thing_get: column size has a value that is not known here"));
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_words),
		TEST(unknown_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
