/* SPDX-License-Identifier: MIT */
/*
 * Rows of PostgreSQL: columns of any number and length, null or not, for a statement that promises
 * one of each kind. They are decoded, or refused; never read beyond. The input is columns, each
 * behind a byte for its length, of which the highest value is null.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "db/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thing {
	bool flag;
	int32_t small;
	int64_t large;
	struct instant at;
	struct uuid id;
	struct str name;
	struct secret password;
	struct str_list tags;
	enum size { SIZE_NONE, SIZE_SMALL, SIZE_LARGE } size;
};

static const struct str size_words[] = { { 0 }, { "small", 5 }, { "large", 5 } };
static const struct vocabulary sizes = { size_words, 3 };

static const struct db_column columns[] = {
	{ .name = "flag", .kind = KIND_BOOL, .offset = offsetof(struct thing, flag) },
	{ .name = "small", .kind = KIND_I32, .offset = offsetof(struct thing, small) },
	{ .name = "large", .kind = KIND_I64, .offset = offsetof(struct thing, large) },
	{ .name = "at", .kind = KIND_INSTANT, .offset = offsetof(struct thing, at) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct thing, id) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct thing, name) },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct thing, password) },
	{ .name = "tags", .kind = KIND_LIST, .offset = offsetof(struct thing, tags) },
	{ .name = "size",
	  .kind = KIND_ENUM,
	  .offset = offsetof(struct thing, size),
	  .words = &sizes },
};

enum { COLUMNS = sizeof columns / sizeof *columns, NOTHING = 0xff };

static const struct db_statement statement = { .name = "thing",
					       .params = columns,
					       .param_count = COLUMNS,
					       .columns = columns,
					       .column_count = COLUMNS };

static PGresult *result_of(const uint8_t *data, size_t size)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc names[COLUMNS + 1] = { 0 };
	int n = 0;

	for (size_t at = 0; at < size && n <= COLUMNS; n++) {
		names[n].name = (char *)"x";
		at += 1 + (size_t)(data[at] == NOTHING ? 0 : data[at]);
	}
	assert(PQsetResultAttrs(r, n, names));
	for (int i = 0; i < n; i++) {
		size_t want = *data == NOTHING ? 0 : *data, left = size - 1;
		size_t length = want < left ? want : left;

		assert(PQsetvalue(r, 0, i, (char *)(uintptr_t)(data + 1),
				  *data == NOTHING ? -1 : (int)length));
		data += 1 + length;
		size -= 1 + length;
	}
	return r;
}

/* What was read is what would be written. */
static void check(const struct thing *t, const PGresult *r, struct arena *a)
{
	struct row_params p;

	row_encode(&statement, t, row_lists(&statement, t, a), &p);
	for (int i = 0; i < COLUMNS; i++) {
		bool null = PQgetisnull(r, 0, i);
		const char *sent = PQgetvalue(r, 0, i);

		/* Zero stands for null where there is one, and a null number for zero; infinity is
		 * not kept. */
		if (columns[i].kind == KIND_BOOL || p.values[i] == NULL || null ||
		    (columns[i].kind == KIND_INSTANT && *sent == 0x7f))
			continue;
		/* Of a list the bounds and the mark of nulls may be others. */
		if (columns[i].kind == KIND_LIST) {
			assert(p.lengths[i] <= PQgetlength(r, 0, i) + 8);
			continue;
		}
		assert(p.lengths[i] == PQgetlength(r, 0, i));
		assert(memcmp(p.values[i], sent, (size_t)p.lengths[i]) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	PGresult *r = NULL;
	struct thing t = { 0 };

	if (a == NULL)
		a = arena_make(1 << 20, NULL, NULL);
	if (size == 0 || size > 4096)
		return 0;
	r = result_of(data, size);
	if (row_decode(&statement, r, 0, a, &t) == OK) {
		assert(PQnfields(r) == COLUMNS);
		check(&t, r, a);
	}
	PQclear(r);
	arena_reset(a);
	return 0;
}
