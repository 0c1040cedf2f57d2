/* SPDX-License-Identifier: MIT */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sqlgen.h"

static PGconn *pg;

/* Runs a query with one or two numbers or names as text; ends the program when it fails. */
static PGresult *ask(const char *sql, const char *a, const char *b)
{
	const char *values[] = { a, b };
	PGresult *r = PQexecParams(pg, sql, b == NULL ? 1 : 2, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail(NULL, "sqlgen: %s", PQerrorMessage(pg));
	return r;
}

/* The base types; domains are looked through. */
static const struct {
	const char *name;
	enum kind kind;
} types[] = {
	{ "bool", KIND_BOOL },
	{ "int4", KIND_I32 },
	{ "int8", KIND_I64 },
	{ "text", KIND_STR },
	{ "varchar", KIND_STR },
	{ "uuid", KIND_UUID },
	{ "timestamptz", KIND_INSTANT },
};

/* Sets kind and id of a column from the oid of its type. */
static void resolve(const struct statement *s, struct column *c, Oid oid)
{
	char *text = format_text("%u", oid);
	PGresult *r = ask("select t.typname, coalesce(b.typname, t.typname)"
			  " from pg_type t left join pg_type b on b.oid = t.typbasetype"
			  " where t.oid = $1::oid",
			  text, NULL);
	const char *name = PQgetvalue(r, 0, 0), *base = PQgetvalue(r, 0, 1);
	size_t i = 0;

	while (i < sizeof types / sizeof *types && strcmp(types[i].name, base) != 0)
		i++;
	if (i == sizeof types / sizeof *types)
		fail(s, "%s has type %s, which has no C type here; cast it to another", c->name,
		     name);
	c->kind = strcmp(name, "secret") == 0 ? KIND_SECRET : types[i].kind;
	if (c->kind == KIND_UUID && strcmp(name, base) != 0)
		snprintf(c->id, sizeof c->id, "%s", name);
	PQclear(r);
	free(text);
}

/* Null has a representation in these. */
static bool nullable(enum kind k)
{
	return k != KIND_BOOL && k != KIND_I32 && k != KIND_I64;
}

/* Expressions are believed when the statement has a function that gives no null. */
static bool believed(const struct statement *s)
{
	static const char *const safe[] = { "coalesce(", "count(", "exists(", "exists (" };

	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		if (strstr(s->words, safe[i]) != NULL)
			return true;
	return false;
}

/* A result's type is told without its domain: that stands with the column it comes from. */
static void resolve_column(const struct statement *s, const PGresult *d, int i, struct column *c)
{
	Oid table = PQftable(d, i), type = PQftype(d, i);
	bool not_null = false;

	c->name = strdup(PQfname(d, i));
	if (table != InvalidOid) {
		char *oid = format_text("%u", table),
		     *number = format_text("%d", PQftablecol(d, i));
		PGresult *r = ask("select atttypid, attnotnull from pg_attribute"
				  " where attrelid = $1::oid and attnum = $2::int2",
				  oid, number);

		type = (Oid)strtoul(PQgetvalue(r, 0, 0), NULL, 10);
		not_null = *PQgetvalue(r, 0, 1) == 't';
		PQclear(r);
		free(oid);
		free(number);
	}
	resolve(s, c, type);
	if (!nullable(c->kind) && !not_null && !believed(s))
		fail(s, "column %s may be null; wrap it in coalesce()", c->name);
}

static void check_rules(const struct statement *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		PGresult *r = ask("select 1 from pg_constraint where conname = $1",
				  s->rules[i].constraint, NULL);

		if (PQntuples(r) == 0)
			fail(s, "there is no constraint %s", s->rules[i].constraint);
		PQclear(r);
	}
}

static PGresult *prepare(const struct statement *s)
{
	PGresult *r = PQprepare(pg, "", s->sql, 0, NULL);

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail(s, "%s", PQresultErrorMessage(r));
	PQclear(r);
	r = PQdescribePrepared(pg, "");
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail(s, "%s", PQresultErrorMessage(r));
	return r;
}

/*
 * The cast to a domain over uuid has told us the C type. The server would carry it out each time
 * (it looks up the domain's constraints), so it goes.
 */
static void drop_casts(struct statement *s)
{
	for (size_t i = 0; i < s->param_count; i++) {
		char *cast = format_text("$%zu::%s", i + 1, s->params[i].id);
		size_t keep = strcspn(cast, ":"), n = strlen(cast);

		if (s->params[i].id[0] != '\0')
			for (char *at = s->sql; (at = strstr(at, cast)) != NULL; at += keep)
				memmove(at + keep, at + n, strlen(at + n) + 1);
		free(cast);
	}
	PQclear(prepare(s));
}

static void describe_statement(struct statement *s)
{
	PGresult *r = prepare(s);

	for (size_t i = 0; i < s->param_count; i++) {
		struct column *c = &s->params[i];

		resolve(s, c, PQparamtype(r, (int)i));
		if (c->kind == KIND_UUID && c->id[0] == '\0' && !c->typed)
			fail(s, "say which id :%s is, as in :%s::user_id", c->name, c->name);
	}
	s->column_count = (size_t)PQnfields(r);
	if (s->column_count > COLUMNS)
		fail(s, "more than %d columns", COLUMNS);
	if ((s->mode == EXEC) != (s->column_count == 0))
		fail(s, s->mode == EXEC ? "an :exec statement returns nothing"
					: "it returns no columns");
	for (size_t i = 0; i < s->column_count; i++)
		resolve_column(s, r, (int)i, &s->columns[i]);
	PQclear(r);
	drop_casts(s);
	check_rules(s);
}

static bool same_row(const struct statement *a, const struct statement *b)
{
	if (a->column_count != b->column_count)
		return false;
	for (size_t i = 0; i < a->column_count; i++)
		if (strcmp(a->columns[i].name, b->columns[i].name) != 0 ||
		    strcmp(a->columns[i].id, b->columns[i].id) != 0 ||
		    a->columns[i].kind != b->columns[i].kind)
			return false;
	return true;
}

/* Names are C names: one statement each, and one row type. */
static void check_names(const struct file *files, const struct statement *s)
{
	for (const struct file *f = files; f != NULL; f = f->next)
		for (const struct statement *o = f->statements; o != NULL; o = o->next) {
			if (o == s)
				return;
			if (strcmp(o->name, s->name) == 0)
				fail(s, "the name is taken by %s:%d", f->path, o->line);
			if (s->mode == EXEC || strcmp(o->row, s->row) != 0)
				continue;
			if (o->file != s->file)
				fail(s, "row %s is %s's; choose another name", s->row, f->path);
			if (!same_row(o, s))
				fail(s, "row %s has other columns at line %d", s->row, o->line);
		}
}

void describe(struct file *files, const char *url)
{
	pg = PQconnectdb(url);
	if (PQstatus(pg) != CONNECTION_OK)
		fail(NULL, "sqlgen: %s", PQerrorMessage(pg));
	for (struct file *f = files; f != NULL; f = f->next)
		for (struct statement *s = f->statements; s != NULL; s = s->next) {
			describe_statement(s);
			check_names(files, s);
		}
	PQfinish(pg);
}
