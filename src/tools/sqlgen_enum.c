/* SPDX-License-Identifier: MIT */
/*
 * Enumerations: a domain over text whose check lists its words becomes an enum in C. The list is
 * taken from what PostgreSQL says of the constraint, and what is read there is held against it: of
 * a check that says anything else a part could be missed.
 */
#include <ctype.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sqlgen.h"

static struct enumeration *all;

/* "name_" and the word in capitals, with "_" for what no name in C has. */
static char *constant(const char *enumeration, const char *word)
{
	char *name = format_text("%s_%s", enumeration, word);

	for (char *p = name; *p != '\0'; p++)
		*p = *p == '.' || *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return name;
}

static bool word_plain(const char *word)
{
	for (const char *p = word; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_-.", *p) == NULL)
			return false;
	return *word != '\0' && strlen(word) < NAME;
}

static void word_add(const struct statement *s, struct enumeration *e, char *word)
{
	struct word *w = &e->words[e->n];

	if (e->n == WORDS)
		fail(s, "domain %s has more than %d words", e->name, WORDS);
	if (!word_plain(word))
		fail(s, "domain %s: \"%s\" is not made of letters, digits, \"_\", \"-\" and \".\"",
		     e->name, word);
	*w = (struct word){ word, constant(e->name, word) };
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->words[i].constant, w->constant) == 0)
			fail(s, "domain %s: \"%s\" and \"%s\" have one name in C, %s", e->name,
			     e->words[i].text, word, w->constant);
	if (strcmp(w->constant, constant(e->name, "none")) == 0)
		fail(s, "domain %s: %s stands for null in C", e->name, w->constant);
	e->n++;
}

/* The check as PostgreSQL writes one of these words and nothing else. */
static char *check_text(const struct enumeration *e)
{
	char *list = format_text("%s", "");

	for (size_t i = 0; i < e->n; i++)
		list = format_text("%s%s'%s'::text", list, i == 0 ? "" : ", ", e->words[i].text);
	if (e->n == 1)
		return format_text("CHECK ((VALUE = %s))", list);
	return format_text("CHECK ((VALUE = ANY (ARRAY[%s])))", list);
}

static void read_check(const struct statement *s, struct enumeration *e, const char *check)
{
	static const char unproved[] = " NOT VALID";
	char *text = format_text("%s", check), *end = text + strlen(text);

	/* As far as new values are concerned it holds. */
	if (end - text > (long)strlen(unproved) && strcmp(end - strlen(unproved), unproved) == 0)
		end[-(long)strlen(unproved)] = '\0';
	for (const char *p = strchr(text, '\''); p != NULL; p = strchr(p, '\'')) {
		size_t n = strcspn(++p, "'");

		word_add(s, e, strndup(p, n));
		p += p[n] == '\'' ? n + 1 : n;
	}
	if (e->n == 0 || strcmp(text, check_text(e)) != 0)
		fail(s,
		     "domain %s: its check is more than a list, value in ('a', 'b'), which becomes "
		     "an enum: %s",
		     e->name, check);
	free(text);
}

static struct enumeration *enumeration_read(const struct statement *s, const char *name,
					    PGresult *checks)
{
	struct enumeration *e = make(sizeof *e);

	snprintf(e->name, sizeof e->name, "%s", name);
	check_member(s, name);
	if (PQntuples(checks) > 1)
		fail(s, "domain %s has several checks: an enum is made of one", name);
	read_check(s, e, PQgetvalue(checks, 0, 0));
	e->next = all;
	return all = e;
}

const struct enumeration *enumeration_of(const struct statement *s, const char *domain)
{
	struct enumeration *e = all;
	PGresult *r = NULL;

	while (e != NULL && strcmp(e->name, domain) != 0)
		e = e->next;
	if (e != NULL)
		return e;
	r = ask("with recursive d as ("
		" select oid, typbasetype from pg_type where oid = to_regtype($1)"
		" union all select t.oid, t.typbasetype"
		" from d join pg_type t on t.oid = d.typbasetype)"
		" select pg_get_constraintdef(c.oid)"
		" from d join pg_constraint c on c.contypid = d.oid"
		" where c.contype = 'c'",
		domain, NULL);
	if (PQntuples(r) > 0)
		e = enumeration_read(s, domain, r);
	PQclear(r);
	return e;
}

/* What may be tables of a statement, as an array: all its words. */
static char *tables_of(const struct statement *s)
{
	char *tables = format_text("%s", "");

	for (size_t i = 0; i < s->token_count; i++)
		if (s->tokens[i].sort == WORD)
			tables = format_text("%s%s\"%.*s\"", tables, *tables == '\0' ? "" : ",",
					     (int)s->tokens[i].n, s->tokens[i].p);
	return format_text("{%s}", tables);
}

/* The domains with a check that columns of this name have in the tables of a statement. */
static PGresult *domains_of(const struct statement *s, const char *column)
{
	char *tables = tables_of(s);
	PGresult *r = ask("select distinct t.typname"
			  " from pg_attribute a"
			  " join pg_class c on c.oid = a.attrelid"
			  " join pg_type t on t.oid = a.atttypid"
			  " where a.attname = $1 and a.attnum > 0 and c.relkind in ('r', 'p')"
			  " and exists (select from pg_constraint k"
			  "  where k.contypid = t.oid and k.contype = 'c')"
			  " and c.relname = any($2::text[])"
			  " order by t.typname",
			  column, tables);

	free(tables);
	return r;
}

char *enumeration_named(const struct statement *s, const char *column)
{
	PGresult *r = domains_of(s, column);
	char *name = PQntuples(r) == 0 ? NULL : strdup(PQgetvalue(r, 0, 0));

	PQclear(r);
	return name;
}

static bool has_word(const struct enumeration *e, const struct token *literal)
{
	for (size_t i = 0; i < e->n; i++)
		if (strlen(e->words[i].text) == literal->n - 2 &&
		    strncmp(e->words[i].text, literal->p + 1, literal->n - 2) == 0)
			return true;
	return false;
}

/* A literal that a column is set to or compared with. */
static void check_literal(const struct statement *s, const struct token *column,
			  const struct token *literal)
{
	char *name = strndup(column->p, column->n);
	PGresult *r = domains_of(s, name);
	bool found = PQntuples(r) == 0;

	for (int i = 0; i < PQntuples(r) && !found; i++)
		found = has_word(enumeration_of(s, PQgetvalue(r, i, 0)), literal);
	if (!found)
		fail(s, "%.*s is no word of %s", (int)literal->n, literal->p, PQgetvalue(r, 0, 0));
	PQclear(r);
	free(name);
}

/* Behind a column: the first literal of = 'a', <> 'a', in ('a', 'b'); 0 where none stands there. */
static size_t literal_behind(const struct statement *s, size_t i)
{
	if (token_is(s, i + 1, "="))
		i += 2;
	else if (token_is(s, i + 1, "<") && token_is(s, i + 2, ">"))
		i += 3;
	else if (token_is(s, i + 1, "in") && token_is(s, i + 2, "("))
		i += 3;
	else
		return 0;
	return i < s->token_count && s->tokens[i].sort == STRING ? i : 0;
}

void check_literals(const struct statement *s)
{
	for (size_t i = 0; i < s->token_count; i++) {
		size_t at = s->tokens[i].sort == WORD ? literal_behind(s, i) : 0;
		bool list = token_is(s, i + 1, "in");

		for (bool more = at != 0; more; at += 2) {
			check_literal(s, &s->tokens[i], &s->tokens[at]);
			more = list && token_is(s, at + 1, ",") && at + 2 < s->token_count &&
			       s->tokens[at + 2].sort == STRING;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct enumeration *const *)a)->name,
		      (*(const struct enumeration *const *)b)->name);
}

size_t enumerations(const struct enumeration *list[ENUMERATIONS])
{
	size_t n = 0;

	for (const struct enumeration *e = all; e != NULL; e = e->next) {
		if (n == ENUMERATIONS)
			fail(NULL, "sqlgen: more than %d enumerations", ENUMERATIONS);
		list[n++] = e;
	}
	qsort(list, n, sizeof *list, by_name);
	return n;
}
