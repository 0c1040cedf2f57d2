/* SPDX-License-Identifier: MIT */
/*
 * sqlgen SQL-DIR SOURCE-DIR INCLUDE-DIR: prepares and describes every named statement on the
 * migrated database at $DATABASE_URL, and writes typed C for it. What a statement may look like
 * stands in CONTRIBUTING.md. Any fault ends it with file, line and what to do; a tool that runs
 * once keeps what it allocates.
 */
#include "tools/sqlgen.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void fail(const struct statement *s, const char *format, ...)
{
	va_list args;

	if (s != NULL)
		fprintf(stderr, "%s:%d: %s: ", s->file->path, s->line, s->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *make(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		fail(NULL, "sqlgen: out of memory");
	return p;
}

char *format_text(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		fail(NULL, "sqlgen: out of memory");
	va_end(args);
	return text;
}

/* --- reading --- */

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t param_index(struct statement *s, const char *name, size_t n)
{
	for (size_t i = 0; i < s->param_count; i++)
		if (strlen(s->params[i].name) == n && strncmp(s->params[i].name, name, n) == 0)
			return i;
	if (s->param_count == DB_PARAMS_MAX)
		fail(s, "more than %d parameters", DB_PARAMS_MAX);
	s->params[s->param_count].name = strndup(name, n);
	return s->param_count++;
}

/* Length of a string, quoted name or comment at p; 0 when there is none. */
static size_t quoted(const char *p)
{
	const char *end = NULL;

	if (p[0] == '\'' || p[0] == '"')
		end = strchr(p + 1, p[0]);
	else if (p[0] == '-' && p[1] == '-')
		end = strchr(p, '\n');
	else if (p[0] == '/' && p[1] == '*')
		end = strstr(p, "*/");
	else
		return 0;
	return end == NULL ? strlen(p) : (size_t)(end - p) + 1;
}

/* Turns :name into $n, and notes which words stand outside of quotes. */
static void rewrite(struct statement *s, const char *raw)
{
	FILE *sql = open_memstream(&s->sql, &s->sql_size);
	FILE *words = open_memstream(&s->words, &s->words_size);

	fputc(' ', words);
	for (const char *p = raw; *p != '\0';) {
		size_t n = quoted(p);

		if (n > 0) {
			fwrite(p, 1, n, sql);
			fputc(' ', words);
		} else if (p[0] == ':' && p[1] == ':') {
			n = 2;
			fputs("::", sql);
		} else if (p[0] == ':' && word_char(p[1])) {
			for (n = 1; word_char(p[n]); n++)
				;

			size_t i = param_index(s, p + 1, n - 1);

			s->params[i].typed = s->params[i].typed || strncmp(p + n, "::", 2) == 0;
			fprintf(sql, "$%zu", i + 1);
		} else {
			n = 1;
			fputc(*p, sql);
			fputc(word_char(*p) || *p == '*' || *p == '(' ? tolower(*p) : ' ', words);
		}
		p += n;
	}
	fputc(' ', words);
	fclose(sql);
	fclose(words);
}

static bool has_word(const struct statement *s, const char *word)
{
	char *spaced = format_text(" %s ", word);
	bool has = strstr(s->words, spaced) != NULL;

	free(spaced);
	return has;
}

static enum err error_named(const char *name)
{
	for (int e = 1; e <= (int)err_count(); e++)
		if (strcmp(err_row((enum err)e)->name, name) == 0)
			return (enum err)e;
	return OK;
}

/* "-- name: user_insert :one user" */
static void read_name(struct statement *s, const char *line)
{
	char mode[8] = "", row[NAME] = "";

	if (sscanf(line, "-- name: %63[a-z0-9_] :%7s %63[a-z0-9_]", s->name, mode, row) < 2)
		fail(s, "expected -- name: <name> :one <row>, :many <row> or :exec");
	s->mode = strcmp(mode, "one") == 0 ? ONE : strcmp(mode, "many") == 0 ? MANY : EXEC;
	if (s->mode == EXEC && strcmp(mode, "exec") != 0)
		fail(s, ":%s is none of :one, :many, :exec", mode);
	if ((s->mode == EXEC) != (row[0] == '\0'))
		fail(s, ":one and :many are followed by the name of the row, :exec by nothing");
	memcpy(s->row, row, sizeof row);
}

/* "-- on users_email_key_key: EMAIL_TAKEN" */
static bool read_rule(struct statement *s, const char *line)
{
	struct rule *r = &s->rules[s->rule_count];

	if (sscanf(line, "-- on %63[a-z0-9_]: %63[A-Z0-9_]", r->constraint, r->err) != 2)
		return false;
	if (error_named(r->err) == OK)
		fail(s, "%s is not in include/base/err.def", r->err);
	if (++s->rule_count == RULES)
		fail(s, "too many rules");
	return true;
}

static void check_text(struct statement *s)
{
	static const char *const writes[] = { "insert", "update", "delete", "merge", "for share" };

	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
		s->write = s->write || has_word(s, writes[i]);
	if (has_word(s, "*") || strstr(s->words, "select *") != NULL)
		fail(s, "name the columns instead of *");
	if (s->mode == MANY && !has_word(s, "limit"))
		fail(s, "a :many statement needs a limit: nothing here is unbounded");
	if (s->sql[strspn(s->sql, " \n")] == '\0')
		fail(s, "the statement is empty");
}

/* The statement's text without the semicolon and blank lines at its end. */
static void finish_statement(struct statement *s, char *body)
{
	size_t n = strlen(body);

	while (n > 0 && strchr("; \n", body[n - 1]) != NULL)
		body[--n] = '\0';
	rewrite(s, body);
	check_text(s);
}

static struct statement *start_statement(struct file *f, const char *line, int number)
{
	struct statement *s = make(sizeof *s), **end = &f->statements;

	while (*end != NULL)
		end = &(*end)->next;
	*end = s;
	s->file = f;
	s->line = number;
	s->doc = strdup("");
	read_name(s, line);
	return s;
}

static void read_file(struct file *f)
{
	FILE *in = fopen(f->path, "re");
	struct statement *s = NULL;
	char *line = NULL, *body = NULL;
	size_t room = 0;

	if (in == NULL)
		fail(NULL, "%s: %s", f->path, strerror(errno));
	for (int number = 1; getline(&line, &room, in) >= 0; number++) {
		bool comment = strncmp(line, "-- ", 3) == 0;

		if (strncmp(line, "-- name:", 8) == 0) {
			if (s != NULL)
				finish_statement(s, body);
			s = start_statement(f, line, number);
			body = strdup("");
		} else if (s != NULL && comment && body[0] == '\0') {
			if (!read_rule(s, line))
				s->doc = format_text("%s * %s", s->doc, line + 3);
		} else if (s != NULL) {
			body = format_text("%s%s", body, line);
		}
	}
	if (s != NULL)
		finish_statement(s, body);
	fclose(in);
}

static int is_sql(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot != NULL && strcmp(dot, ".sql") == 0;
}

static struct file *read_files(const char *dir)
{
	struct dirent **names = NULL;
	struct file *first = NULL, **end = &first;
	int n = scandir(dir, &names, is_sql, alphasort);

	if (n < 1)
		fail(NULL, "%s: no .sql files", dir);
	for (int i = 0; i < n; i++) {
		struct file *f = *end = make(sizeof *f);

		end = &f->next;
		f->path = format_text("%s/%s", dir, names[i]->d_name);
		f->name = strndup(names[i]->d_name, strlen(names[i]->d_name) - 4);
		read_file(f);
	}
	return first;
}

int main(int argc, char **argv)
{
	const char *url = getenv("DATABASE_URL");

	if (argc != 4 || url == NULL) {
		fputs("usage: DATABASE_URL=... sqlgen SQL-DIR SOURCE-DIR INCLUDE-DIR\n", stderr);
		return 2;
	}

	struct file *files = read_files(argv[1]);

	describe(files, url);
	write_all(files, argv[2], argv[3]);
	return 0;
}
