/* SPDX-License-Identifier: MIT */
/*
 * sqlgen SQL-DIR SOURCE-DIR INCLUDE-DIR: prepares and describes every named statement on the
 * migrated database at $DATABASE_URL, and writes typed C for it. What a statement may look like
 * stands in CONTRIBUTING.md. Any fault ends it with file, line and what to do; a tool that runs
 * once keeps what it allocates.
 */
#include "tools/sqlgen.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static enum err error_named(const char *name)
{
	for (int e = 1; e <= (int)err_count(); e++)
		if (strcmp(err_row((enum err)e)->name, name) == 0)
			return (enum err)e;
	return OK;
}

/*
 * "-- name: user_insert :one user", and ", shared" or ", gathered" behind it; or ":exec", and
 * "writes" behind it where a function changes what the statement itself does not.
 */
static void read_name(struct statement *s, const char *line)
{
	char mode[8] = "", row[NAME] = "", more[16] = "";

	if (sscanf(line, "-- name: %63[a-z0-9_] :%7s %63[a-z0-9_], %15s", s->name, mode, row,
		   more) < 2)
		fail(s, "expected -- name: <name> :one <row>, :many <row> or :exec");
	s->mode = strcmp(mode, "one") == 0 ? ONE : strcmp(mode, "many") == 0 ? MANY : EXEC;
	if (s->mode == EXEC && strcmp(mode, "exec") != 0)
		fail(s, ":%s is none of :one, :many, :exec", mode);
	s->write = s->mode == EXEC && strcmp(row, "writes") == 0;
	if (s->write)
		row[0] = '\0';
	if ((s->mode == EXEC) != (row[0] == '\0'))
		fail(s, ":one and :many are followed by the name of the row, :exec by nothing or"
			" writes");
	memcpy(s->row, row, sizeof row);
	s->shared = strcmp(more, "shared") == 0;
	s->gathered = strcmp(more, "gathered") == 0;
	if (more[0] != '\0' && !s->shared && !s->gathered)
		fail(s, "%s is neither shared nor gathered", more);
}

/*
 * "-- on users_email_key_key: EMAIL_TAKEN". Every line that begins so is one: taken for a comment,
 * a misspelt one would be a 500 where a 409 was meant.
 */
static bool read_rule(struct statement *s, const char *line)
{
	struct rule *r = &s->rules[s->rule_count];
	int n = 0;

	if (strncmp(line, "-- on ", 6) != 0)
		return false;
	if (s->rule_count == RULES)
		fail(s, "more than %d rules", RULES);
	sscanf(line, "-- on %63[a-z0-9_]: %63[A-Z0-9_] %n", r->constraint, r->err, &n);
	if (n == 0 || line[n] != '\0')
		fail(s, "expected -- on <constraint>: <ERROR>, not %s", line);
	if (error_named(r->err) == OK)
		fail(s, "%s is not in include/base/err.def", r->err);
	s->rule_count++;
	return true;
}

/* A line of the comment, which becomes the function's. */
static void read_doc(struct statement *s, const char *line)
{
	if (strstr(line, "*/") != NULL || strstr(line, "/*") != NULL)
		fail(s, "the comment of a statement becomes one in C: no /* or */ in it");
	s->doc = format_text("%s *%s", s->doc, line + 2);
}

static struct statement *start_statement(struct file *f, const char *line, int number)
{
	struct statement *s = make(sizeof *s), **end = &f->statements;

	while (*end != NULL)
		end = &(*end)->next;
	*end = s;
	s->file = f;
	s->line = number;
	s->doc = format_text("%s", "");
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
		bool comment = strncmp(line, "--", 2) == 0;

		if (strncmp(line, "-- name:", 8) == 0) {
			if (s != NULL)
				read_text(s, body);
			s = start_statement(f, line, number);
			body = format_text("%s", "");
		} else if (s != NULL && comment && body[0] == '\0') {
			if (!read_rule(s, line))
				read_doc(s, line);
		} else if (s != NULL) {
			body = format_text("%s%s", body, line);
		} else if (!comment && line[strspn(line, " \t\n")] != '\0') {
			fail(NULL, "%s:%d: a statement begins with -- name:", f->path, number);
		}
	}
	if (s != NULL)
		read_text(s, body);
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
