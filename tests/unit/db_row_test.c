/* SPDX-License-Identifier: MIT */
/* Enumerations and lists between C and PostgreSQL: what is known, null, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "db/list.h"
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
		row_encode(&statement, &t, NULL, &p);
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

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* What PostgreSQL sends for array[...]::text[], and what it does not. */
static void lists(void **state)
{
	static const struct {
		struct str sent;
		const char *want; /* each with a comma behind; NULL: it is no list */
	} rows[] = {
		{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\x19"), "" },
		{ BYTES("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\1a\0\0\0\2bc"), "a,bc," },
		{ BYTES("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\0"), "," },
		/* Null in it, two dimensions, of another type, too short, too long. */
		{ BYTES("\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\1\0\0\0\1\xff\xff\xff\xff"), NULL },
		{ BYTES("\0\0\0\2\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"
			"\0\0\0\1a"),
		  NULL },
		{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\x17"), NULL },
		{ BYTES("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\2a"), NULL },
		{ BYTES("\0\0\0\1\0\0\0\0\0\0\0\x19\x7f\xff\xff\xff\0\0\0\1\0\0\0\0"), NULL },
		{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\x19\0"), NULL },
		{ BYTES("\0\0\0\0"), NULL },
		{ BYTES(""), NULL },
	};
	struct arena *a = arena_make(1 << 16, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str_list list = { 0 };
		struct buf b = buf_make(a, 16);

		assert_int_equal(list_read(rows[i].sent, a, &list), rows[i].want != NULL);
		if (rows[i].want == NULL)
			continue;
		assert_non_null(list.v);
		for (size_t j = 0; j < list.n; j++)
			buf_printf(&b, "%s,", list.v[j].p);
		assert_string_equal(buf_str(&b).p, rows[i].want);
		assert_true(str_eq(list_write(list, a), rows[i].sent));
	}
	assert_null(list_write((struct str_list){ 0 }, a).p);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_words),
		TEST(unknown_words),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
