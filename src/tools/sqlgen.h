/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "db/db.h"

enum { NAME = 64, RULES = 8, COLUMNS = 32, WORDS = 64, ENUMERATIONS = 64 };

enum mode { ONE, MANY, EXEC };

/* A domain over text whose check lists its words. */
struct enumeration {
	struct enumeration *next;
	char name[NAME];
	struct word {
		char *text, *constant; /* "user", "USER_ROLE_USER" */
	} words[WORDS];
	size_t n;
};

/* A parameter, or a column of the result. */
struct column {
	const char *name;
	enum kind kind;
	char id[NAME]; /* of a domain over uuid: its name, which is its C type's; else "" */
	const struct enumeration *words; /* KIND_ENUM */
	bool typed;			 /* parameter: cast in the text */
};

struct rule {
	char constraint[NAME], err[NAME];
};

/* Words and marks of a statement; what is between quotes is one token. */
enum sort { WORD, PARAM, STRING, MARK, BLANK, COMMENT };

struct token {
	enum sort sort;
	const char *p;
	size_t n;
	int depth; /* parentheses it stands in; both ends of a pair have that of the outside */
	size_t at, length; /* where it is in the statement's sql */
	size_t param;	   /* PARAM: its index */
};

struct file;

struct statement {
	struct statement *next;
	struct file *file;
	int line;
	char name[NAME], row[NAME];
	enum mode mode;
	char *doc, *sql;
	size_t sql_size;
	struct token *tokens; /* neither blanks nor comments */
	size_t token_count;
	struct column params[DB_PARAMS_MAX], columns[COLUMNS];
	size_t param_count, column_count;
	struct rule rules[RULES];
	size_t rule_count;
	bool write, outer_join;
	bool shared, skips; /* what is locked */
	bool gathered;
	size_t key; /* gathered: the column that its parameter is */
};

/* One .sql file: one resource. */
struct file {
	struct file *next;
	char *path, *name;
	struct statement *statements;
};

/* Prints what is wrong, behind file and line where there are any, and ends the program. */
_Noreturn void fail(const struct statement *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Zeroed memory, or the end. */
void *make(size_t n);
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Refuses what cannot be the name of a struct's member. */
void check_member(const struct statement *s, const char *name);

/* Takes the text apart, makes $n of :name, and refuses what may be refused by the text alone. */
void read_text(struct statement *s, const char *body);

/* Whether token i is this word (in any case) or mark; false behind the last one. */
bool token_is(const struct statement *s, size_t i, const char *text);

/* Whether it is one of several; the list ends with NULL. */
bool token_in(const struct statement *s, size_t i, const char *const *texts);

/*
 * Whether the expression called `name` is seen to have a value always: it is coalesce(...),
 * count(...), exists(...), row_number(...), `<column> is [not] null`, a literal or a parameter,
 * with a cast or without.
 */
bool never_null(const struct statement *s, const char *name);

/* The type in `::type as name`; NULL when there is none. */
char *cast_find(const struct statement *s, const char *name);

/* Asks the server about every statement: types, nullability, constraints. */
void describe(struct file *files, const char *url);

/* The enumeration that a domain is; NULL when it has no check. Refuses a check that is no list. */
const struct enumeration *enumeration_of(const struct statement *s, const char *domain);

/* The name of the enumeration that columns of this name have in a table of the statement, the
 * caller's; NULL: of none. */
char *enumeration_named(const struct statement *s, const char *column);

/* Refuses a literal that is no word of the enumeration it is set to or compared with. */
void check_literals(const struct statement *s);

/* All that were asked for, by name; returns how many. */
size_t enumerations(const struct enumeration *list[ENUMERATIONS]);

struct pg_result;

/* Runs a query with one or two numbers or names as text; ends the program when it fails. */
struct pg_result *ask(const char *sql, const char *a, const char *b);

void write_all(const struct file *files, const char *source_dir, const char *include_dir);
