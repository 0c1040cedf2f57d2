/* SPDX-License-Identifier: MIT */
/* The environment that systemd gives the service, for commands that somebody types. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/setting.h"

enum { SCRATCH_MAX = 1024 * 1024 };

static bool name_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return s.n > 0;
}

/*
 * A value without its quotes and backslashes, as text that ends with NUL. NULL: the value goes on
 * in the next line, in which no setting has anything to say.
 */
static const char *unquote(struct str value, struct arena *a)
{
	char *out = arena_alloc(a, value.n + 1), quote = '\0';
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		bool escape = c == '\\' && quote != '\'';

		if (escape && i + 1 == value.n)
			return NULL;
		/* A backslash within double quotes stands for itself before anything else. */
		if (escape && (quote == '\0' || strchr("\"\\`$", value.p[i + 1]) != NULL))
			out[n++] = value.p[++i];
		else if (quote != '\0' && c == quote)
			quote = '\0';
		else if (quote == '\0' && n == 0 && (c == '"' || c == '\''))
			quote = c;
		else
			out[n++] = c;
	}
	out[n] = '\0';
	return quote == '\0' ? out : NULL;
}

/* The names that the file has given so far. */
struct seen {
	struct seen *next;
	struct str name;
};

struct reader {
	const struct conf_target *to;
	const char *path;
	size_t line;
	struct seen *seen;
};

/*
 * Whether the file may set a name. The last value that the file gives counts; a variable that
 * somebody else has set stays as it is.
 */
static bool may_set(struct reader *r, struct str name)
{
	for (const struct seen *s = r->seen; s != NULL; s = s->next)
		if (str_eq(s->name, name))
			return true;
	if (getenv(name.p) != NULL)
		return false;

	struct seen *s = arena_new(r->to->scratch, struct seen);

	*s = (struct seen){ r->seen, name };
	r->seen = s;
	return true;
}

static void read_line(struct reader *r, struct str line)
{
	const struct conf_target *t = r->to;
	struct str name = { 0 };
	const char *value = NULL;

	line = str_trim(line);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line = str_trim((struct str){ line.p, line.n - 1 });
	if (line.n == 0 || *line.p == '#' || *line.p == ';')
		return;
	if (!str_split(&line, '=', &name) || line.p == NULL || !name_valid(str_trim(name)) ||
	    memchr(line.p, '\0', line.n) != NULL)
		return conf_fault_add(t->faults, t->arena,
				      "%s:%zu: is not like APP__LOG__FILTER=info", r->path,
				      r->line);
	value = unquote(str_trim(line), t->scratch);
	if (value == NULL)
		return conf_fault_add(t->faults, t->arena,
				      "%s:%zu: a value ends in its line; close its quotes, or write"
				      " a backslash at its end as \\\\",
				      r->path, r->line);
	name = arena_dup(t->scratch, str_trim(name));
	/* A want of memory is told by the next call that needs some. */
	if (may_set(r, name))
		(void)setenv(name.p, value, 1);
}

void conf_read_env(const char *dir, struct arena *a, struct conf_faults *faults)
{
	struct conf_target t = { a, arena_make(SCRATCH_MAX, NULL, NULL), NULL, faults };
	struct str text = { 0 }, line = { 0 };

	if (t.scratch == NULL)
		arena_exhausted(a);

	const char *path = arena_printf(t.scratch, "%s/postern.env", dir).p;
	struct reader r = { .to = &t, .path = path };
	int e = conf_read_file(path, t.scratch, &text);

	/* systemd has read the file already, by rights that the service does not have. */
	if (e == EACCES && getenv("INVOCATION_ID") != NULL)
		e = ENOENT;
	if (e != 0 && e != ENOENT && e != ENOTDIR)
		conf_fault_add(faults, a, "%s: cannot be read: %s%s", path, conf_reason(e),
			       e == EACCES ? "; use sudo" : "");
	while (e == 0 && str_split(&text, '\n', &line)) {
		r.line++;
		read_line(&r, line);
	}
	arena_free(t.scratch);
}
