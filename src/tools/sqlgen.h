/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "db/db.h"

enum { NAME = 64, RULES = 8, COLUMNS = 32 };

enum mode { ONE, MANY, EXEC };

/* A parameter, or a column of the result. */
struct column {
	const char *name;
	enum kind kind;
	char id[NAME]; /* of a domain over uuid: its name, which is its C type's; else "" */
	bool typed;    /* parameter: cast in the text */
};

struct rule {
	char constraint[NAME], err[NAME];
};

struct file;

struct statement {
	struct statement *next;
	struct file *file;
	int line;
	char name[NAME], row[NAME];
	enum mode mode;
	char *doc, *sql, *words; /* words: what is outside of quotes, lower case */
	size_t sql_size, words_size;
	struct column params[DB_PARAMS_MAX], columns[COLUMNS];
	size_t param_count, column_count;
	struct rule rules[RULES];
	size_t rule_count;
	bool write;
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

/* Asks the server about every statement: types, nullability, constraints. */
void describe(struct file *files, const char *url);

void write_all(const struct file *files, const char *source_dir, const char *include_dir);
