/* SPDX-License-Identifier: MIT */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sqlgen.h"

static PGconn *pg;

PGresult *ask(const char *sql, const char *a, const char *b)
{
	const char *values[] = { a, b };
	PGresult *r = PQexecParams(pg, sql, b == NULL ? 1 : 2, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail(NULL, "sqlgen: %s", PQerrorMessage(pg));
	return r;
}

/* The base types, through which domains are looked; but for the one whose values are hidden. */
static const struct type {
	const char *name;
	enum kind kind;
} types[] = {
	{ "bool", KIND_BOOL },	   { "int4", KIND_I32 },
	{ "int8", KIND_I64 },	   { "text", KIND_STR },
	{ "varchar", KIND_STR },   { "uuid", KIND_UUID },
	{ "secret", KIND_SECRET }, { "timestamptz", KIND_INSTANT },
	{ "_text", KIND_LIST },
};

static const struct type *type_find(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* Sets what a column is from the oid of its type: the outermost domain names it. */
static void resolve(const struct statement *s, struct column *c, Oid oid)
{
	char *text = format_text("%u", oid);
	PGresult *r = ask("with recursive d as ("
			  " select oid, typname, typbasetype from pg_type where oid = $1::oid"
			  " union all select t.oid, t.typname, t.typbasetype"
			  " from d join pg_type t on t.oid = d.typbasetype)"
			  " select (select typname from d where oid = $1::oid),"
			  " (select typname from d where typbasetype = 0)",
			  text, NULL);
	const char *name = PQgetvalue(r, 0, 0), *base = PQgetvalue(r, 0, 1);
	const struct type *type = type_find(name);

	if (type == NULL)
		type = type_find(base);
	if (type == NULL)
		fail(s, "%s has type %s, which has no C type here; cast it to another", c->name,
		     name);
	else
		c->kind = type->kind;
	if (c->kind == KIND_UUID && strcmp(name, base) != 0)
		snprintf(c->id, sizeof c->id, "%s", name);
	if (c->kind == KIND_STR && strcmp(name, base) != 0)
		c->words = enumeration_of(s, name);
	if (c->words != NULL)
		c->kind = KIND_ENUM;
	PQclear(r);
	free(text);
}

/* Null has a representation in these. */
static bool nullable(enum kind k)
{
	return k != KIND_BOOL && k != KIND_I32 && k != KIND_I64;
}

/* Whether some table keeps a secret under this name. */
static bool names_secret(const char *name)
{
	PGresult *r = ask("select 1 from pg_attribute a join pg_type t on t.oid = a.atttypid"
			  " where t.typname = 'secret' and a.attnum > 0 and a.attname = $1",
			  name, NULL);
	bool found = PQntuples(r) > 0;

	PQclear(r);
	return found;
}

/* The column of a table, with its domain, that a column of the result comes from. */
static Oid origin(const PGresult *d, int i, bool *not_null)
{
	char *table = format_text("%u", PQftable(d, i)),
	     *number = format_text("%d", PQftablecol(d, i));
	PGresult *r = ask("select atttypid, attnotnull from pg_attribute"
			  " where attrelid = $1::oid and attnum = $2::int2",
			  table, number);
	Oid type = (Oid)strtoul(PQgetvalue(r, 0, 0), NULL, 10);

	*not_null = *PQgetvalue(r, 0, 1) == 't';
	PQclear(r);
	free(table);
	free(number);
	return type;
}

/* The domain an expression is cast to, which the server does not tell; else `type`. */
static Oid cast_domain(const struct statement *s, const char *name, Oid type)
{
	char *cast = cast_find(s, name), *base = format_text("%u", type);

	if (cast != NULL) {
		PGresult *r = ask("select oid from pg_type where oid = to_regtype($1)"
				  " and typtype = 'd' and typbasetype = $2::oid",
				  cast, base);

		if (PQntuples(r) == 1)
			type = (Oid)strtoul(PQgetvalue(r, 0, 0), NULL, 10);
		PQclear(r);
	}
	free(cast);
	free(base);
	return type;
}

/* Whether a statement wants whatever text there is, as it says. */
static bool cast_to_text(const struct statement *s, const char *name)
{
	char *cast = cast_find(s, name);
	bool text = cast != NULL && strcasecmp(cast, "text") == 0;

	free(cast);
	return text;
}

/*
 * A result's type is told without its domain: that stands with the column it comes from. Behind an
 * outer join, not null in the table says nothing about the result.
 */
static void resolve_column(const struct statement *s, const PGresult *d, int i, struct column *c)
{
	bool derived = PQftable(d, i) == InvalidOid, not_null = false;
	const char *domain = NULL;

	c->name = format_text("%s", PQfname(d, i));
	check_member(s, c->name);
	for (const struct column *o = s->columns; o != c; o++)
		if (strcmp(o->name, c->name) == 0)
			fail(s, "two columns are called %s: rename one (as ...)", c->name);
	resolve(s, c, derived ? cast_domain(s, c->name, PQftype(d, i)) : origin(d, i, &not_null));
	if (derived && c->kind == KIND_STR && names_secret(c->name))
		fail(s, "%s is called as a secret is: cast it, as in ...::secret as %s", c->name,
		     c->name);
	if (derived && c->kind == KIND_STR && !cast_to_text(s, c->name) &&
	    (domain = enumeration_named(s, c->name)) != NULL)
		fail(s, "%s is called as an enumeration is: cast it, as in ...::%s as %s", c->name,
		     domain, c->name);
	if (!nullable(c->kind) && (!not_null || s->outer_join) && !never_null(s, c->name))
		fail(s, "column %s may be null; wrap it whole, as in coalesce(..., 0) as %s",
		     c->name, c->name);
}

/* A unique index that is no constraint is reported as one when it is violated. */
static void check_rules(const struct statement *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		PGresult *r = ask("select 1 from pg_constraint where conname = $1"
				  " union all select 1 from pg_index i"
				  " join pg_class c on c.oid = i.indexrelid"
				  " where i.indisunique and c.relname = $1",
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

/* The type of what an array holds. */
static Oid element(Oid array)
{
	char *text = format_text("%u", array);
	PGresult *r = ask("select typelem from pg_type where oid = $1::oid", text, NULL);
	Oid type = (Oid)strtoul(PQgetvalue(r, 0, 0), NULL, 10);

	PQclear(r);
	free(text);
	return type;
}

/* The column by which the rows of several requests are told apart. */
static void find_key(struct statement *s)
{
	const struct column *p = &s->params[0];

	while (s->key < s->column_count && (strcmp(s->columns[s->key].name, p->name) != 0 ||
					    strcmp(s->columns[s->key].id, p->id) != 0))
		s->key++;
	if (s->key == s->column_count || p->id[0] == '\0')
		fail(s, "whose a row is, a column %s has to tell, of the same domain over uuid",
		     p->name);
}

/* Compared with a column, a parameter has the base type, not the column's domain. */
static void resolve_param(const struct statement *s, const PGresult *d, int i, struct column *c)
{
	const char *domain = NULL;

	resolve(s, c, s->gathered ? element(PQparamtype(d, i)) : PQparamtype(d, i));
	if (c->kind == KIND_UUID && c->id[0] == '\0' && !c->typed)
		fail(s, "say which id :%s is, as in :%s::user_id", c->name, c->name);
	if (c->kind == KIND_STR && !c->typed && names_secret(c->name))
		fail(s, "say that :%s is a secret: :%s::secret", c->name, c->name);
	if (c->kind == KIND_STR && !c->typed && (domain = enumeration_named(s, c->name)) != NULL)
		fail(s, "say which enumeration :%s is of, as in :%s::%s", c->name, c->name, domain);
}

/* The domain that names a parameter's C type, and what it is made of; NULL: none does. */
static const char *domain_of(const struct column *c, const char **base)
{
	*base = c->words != NULL ? "text" : "uuid";
	return c->words != NULL ? c->words->name : c->id[0] != '\0' ? c->id : NULL;
}

/*
 * The cast to a domain has told us the C type. The server would carry it out each time (it looks up
 * the domain's constraints), so a cast to its base takes its place. Not none at all: the cast is
 * also what types a parameter that stands in a select list.
 */
static void use_base_type(struct statement *s)
{
	char *domain_sql = s->sql;
	size_t done = 0;

	s->sql = format_text("%s", "");
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		const char *base = NULL, *domain = domain_of(&s->params[t->param], &base);

		if (t->sort != PARAM || domain == NULL)
			continue;
		s->sql = format_text("%s%.*s$%zu::%s", s->sql, (int)(t->at - done),
				     domain_sql + done, t->param + 1, base);
		/* Behind the parameter, and its cast if it has one. */
		if (token_is(s, i + 1, "::") && token_is(s, i + 2, domain))
			t += 2;
		done = t->at + t->length;
	}
	s->sql = format_text("%s%s", s->sql, domain_sql + done);
	PQclear(prepare(s));
}

static void describe_statement(struct statement *s)
{
	PGresult *r = prepare(s);

	for (size_t i = 0; i < s->param_count; i++)
		resolve_param(s, r, (int)i, &s->params[i]);
	s->column_count = (size_t)PQnfields(r);
	if (s->column_count > COLUMNS)
		fail(s, "more than %d columns", COLUMNS);
	if ((s->mode == EXEC) != (s->column_count == 0))
		fail(s, s->mode == EXEC ? "an :exec statement returns nothing"
					: "it returns no columns");
	for (size_t i = 0; i < s->column_count; i++)
		resolve_column(s, r, (int)i, &s->columns[i]);
	PQclear(r);
	if (s->gathered)
		find_key(s);
	use_base_type(s);
	check_literals(s);
	check_rules(s);
}

static bool same_row(const struct statement *a, const struct statement *b)
{
	if (a->column_count != b->column_count)
		return false;
	for (size_t i = 0; i < a->column_count; i++)
		if (strcmp(a->columns[i].name, b->columns[i].name) != 0 ||
		    strcmp(a->columns[i].id, b->columns[i].id) != 0 ||
		    a->columns[i].words != b->columns[i].words ||
		    a->columns[i].kind != b->columns[i].kind)
			return false;
	return true;
}

/* Names are C names, so one statement each; checked before the server would refuse it. */
static void check_name(const struct file *files, const struct statement *s)
{
	for (const struct file *f = files; f != NULL; f = f->next)
		for (const struct statement *o = f->statements; o != NULL; o = o->next) {
			if (o == s)
				return;
			if (strcmp(o->name, s->name) == 0)
				fail(s, "the name is taken by %s:%d", f->path, o->line);
		}
}

/* A row type belongs to one file, and all of its statements give the same columns. */
static void check_row(const struct file *files, const struct statement *s)
{
	for (const struct file *f = files; f != NULL; f = f->next)
		for (const struct statement *o = f->statements; o != NULL; o = o->next) {
			if (o == s)
				return;
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
			check_name(files, s);
			describe_statement(s);
			check_row(files, s);
		}
	PQfinish(pg);
}
