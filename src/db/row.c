/* SPDX-License-Identifier: MIT */
#include "db/row.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/log.h"
#include "db/list.h"

/* PostgreSQL counts microseconds from 2000-01-01. */
static const int64_t pg_epoch_us = 946684800LL * 1000000;

/* 9999-12-31T23:59:59.999999Z */
static const int64_t last_us = 253402300799999999;

static void put_i64(char to[static 8], int64_t v)
{
	uint64_t be = htobe64((uint64_t)v);

	memcpy(to, &be, sizeof be);
}

static int64_t get_i64(const char *from)
{
	uint64_t be = 0;

	memcpy(&be, from, sizeof be);
	return (int64_t)be64toh(be);
}

static int32_t get_i32(const char *from)
{
	uint32_t be = 0;

	memcpy(&be, from, sizeof be);
	return (int32_t)be32toh(be);
}

/* Encodes one parameter; returns its length, and the value or NULL. */
static int encode(const struct db_column *c, const char *member, char number[static 8],
		  const char **value)
{
	const struct str *s = (const void *)member;
	struct str word = { 0 };
	uint32_t be = 0;
	int64_t v = 0;

	*value = number;
	switch (c->kind) {
	case KIND_BOOL:
		number[0] = (char)*(const bool *)member;
		return 1;
	case KIND_I32:
		be = htobe32((uint32_t) * (const int32_t *)(const void *)member);
		memcpy(number, &be, sizeof be);
		return 4;
	case KIND_I64:
		put_i64(number, *(const int64_t *)(const void *)member);
		return 8;
	case KIND_INSTANT:
		v = ((const struct instant *)(const void *)member)->us;
		if (v == INSTANT_NONE.us)
			*value = NULL;
		else
			put_i64(number, v - pg_epoch_us);
		return 8;
	case KIND_UUID:
		*value = uuid_none(*(const struct uuid *)(const void *)member) ? NULL : member;
		return sizeof(struct uuid);
	case KIND_STR:
	case KIND_SECRET:
		/* Both structs begin alike. */
		*value = s->p;
		return (int)s->n;
	case KIND_ENUM:
		word = vocabulary_word(c->words, *(const int *)(const void *)member);
		*value = word.p;
		return (int)word.n;
	case KIND_EMAIL:
	case KIND_LIST:
	case KIND_OBJECT:
		break;
	}
	/* sqlgen makes no parameters of the other kinds. */
	assert(false);
	return 0;
}

const struct str *row_lists(const struct db_statement *s, const void *in, struct arena *a)
{
	struct str *lists = NULL;

	for (size_t i = 0; i < s->param_count; i++) {
		const char *member = (const char *)in + s->params[i].offset;

		if (s->params[i].kind != KIND_LIST)
			continue;
		if (lists == NULL)
			lists = arena_new_array(a, s->param_count, struct str);
		lists[i] = list_write(*(const struct str_list *)(const void *)member, a);
	}
	return lists;
}

void row_encode(const struct db_statement *s, const void *in, const struct str *lists,
		struct row_params *out)
{
	assert(s->param_count <= DB_PARAMS_MAX);
	for (size_t i = 0; i < s->param_count; i++) {
		const struct db_column *c = &s->params[i];

		out->formats[i] = 1;
		if (c->kind == KIND_LIST) {
			out->values[i] = lists[i].p;
			out->lengths[i] = (int)lists[i].n;
			continue;
		}
		out->lengths[i] = encode(c, (const char *)in + c->offset, out->numbers[i],
					 &out->values[i]);
	}
}

/* An OID of PostgreSQL's that never changes. */
enum { UUID_OID = 2950 };

void row_begin_ids(struct row_params *out)
{
	out->ids.dimensions = htobe32(1);
	out->ids.with_null = 0;
	out->ids.type = htobe32(UUID_OID);
	out->ids.length = 0;
	out->ids.lower_bound = htobe32(1);
	out->values[0] = (const char *)&out->ids;
	out->lengths[0] = offsetof(struct row_ids, v);
	out->formats[0] = 1;
}

static const struct uuid *id_of(const struct db_statement *s, const void *in)
{
	return (const void *)((const char *)in + s->params[0].offset);
}

void row_add_id(const struct db_statement *s, const void *in, struct row_params *out)
{
	uint32_t n = be32toh(out->ids.length);

	assert(n < ROW_IDS_MAX);
	out->ids.v[n] = (struct row_id){ htobe32(sizeof(struct uuid)), *id_of(s, in) };
	out->ids.length = htobe32(n + 1);
	out->lengths[0] += (int)sizeof(struct row_id);
}

int row_find(const struct db_statement *s, const PGresult *r, const void *in)
{
	if (!s->gathered)
		return PQntuples(r) > 0 ? 0 : -1;

	const struct uuid *id = id_of(s, in);
	int key = (int)s->key;

	for (int i = 0; i < PQntuples(r); i++)
		if (PQgetlength(r, i, key) == sizeof *id &&
		    memcmp(PQgetvalue(r, i, key), id, sizeof *id) == 0)
			return i;
	return -1;
}

static void decode_null(enum kind kind, char *member)
{
	if (kind == KIND_INSTANT)
		*(struct instant *)(void *)member = INSTANT_NONE;
	else
		memset(member, 0, kind_size(kind));
}

enum { SHOWN = 64 /* bytes of a word that is not known */ };

/* Bytes a value of that kind has on the wire; -1: any number. */
static int wire_size(enum kind kind)
{
	switch (kind) {
	case KIND_BOOL:
		return 1;
	case KIND_I32:
		return 4;
	case KIND_I64:
	case KIND_INSTANT:
		return 8;
	case KIND_UUID:
		return sizeof(struct uuid);
	case KIND_STR:
	case KIND_SECRET:
	case KIND_ENUM:
	case KIND_EMAIL:
	case KIND_LIST:
	case KIND_OBJECT:
		break;
	}
	return -1;
}

/* Infinity, which is PostgreSQL's largest number, becomes the last instant that can be written. */
static int64_t instant_us(int64_t pg_us)
{
	return pg_us > INT64_MAX - pg_epoch_us ? last_us : pg_us + pg_epoch_us;
}

/*
 * Copies a value. False when it is none of that kind: a word that a later version of the program
 * has added.
 */
static bool decode(const struct db_column *c, struct str sent, struct arena *a, char *member)
{
	const char *p = sent.p;

	switch (c->kind) {
	case KIND_BOOL:
		*(bool *)member = *p != 0;
		break;
	case KIND_I32:
		*(int32_t *)(void *)member = get_i32(p);
		break;
	case KIND_I64:
		*(int64_t *)(void *)member = get_i64(p);
		break;
	case KIND_INSTANT:
		((struct instant *)(void *)member)->us = instant_us(get_i64(p));
		break;
	case KIND_UUID:
		memcpy(member, p, sizeof(struct uuid));
		break;
	case KIND_STR:
	case KIND_SECRET:
		*(struct str *)(void *)member = arena_dup(a, sent);
		break;
	case KIND_ENUM:
		return vocabulary_find(c->words, sent, (int *)(void *)member);
	case KIND_LIST:
		return list_read(sent, a, (struct str_list *)(void *)member);
	case KIND_EMAIL:
	case KIND_OBJECT:
		return false;
	}
	return true;
}

enum err row_decode(const struct db_statement *s, const PGresult *r, int i, struct arena *a,
		    void *out)
{
	if ((size_t)PQnfields(r) != s->column_count) {
		log_error("db", "%s: %d columns came, %zu were promised", s->name, PQnfields(r),
			  s->column_count);
		return ERR_INTERNAL;
	}
	for (size_t c = 0; c < s->column_count; c++) {
		const struct db_column *column = &s->columns[c];
		char *member = (char *)out + column->offset;
		int n = PQgetlength(r, i, (int)c), want = wire_size(column->kind);

		/* NULL is 0 bytes long. */
		if (n == 0 && PQgetisnull(r, i, (int)c)) {
			decode_null(column->kind, member);
			continue;
		}
		if (want >= 0 && n != want) {
			log_error("db", "%s: column %s has %d bytes, not %d", s->name, column->name,
				  n, want);
			return ERR_INTERNAL;
		}

		struct str sent = { PQgetvalue(r, i, (int)c), (size_t)n };

		if (!decode(column, sent, a, member)) {
			log_error("db", "%s: column %s has a value that is not known here: %.*s",
				  s->name, column->name,
				  column->kind == KIND_LIST ? 0
				  : n < SHOWN		    ? n
							    : SHOWN,
				  sent.p);
			return ERR_INTERNAL;
		}
	}
	return OK;
}
