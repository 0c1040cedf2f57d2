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

/* Without its quotes and backslashes, as text that ends with NUL. */
static const char *unquote(struct str value, struct arena *a)
{
	char *out = arena_alloc(a, value.n + 1), quote = '\0';
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (quote == '\0' && (c == '"' || c == '\'') && n == 0 && i == 0)
			quote = c;
		else if (quote != '\0' && c == quote)
			break;
		else if (c == '\\' && quote != '\'' && i + 1 < value.n)
			out[n++] = value.p[++i];
		else
			out[n++] = c;
	}
	out[n] = '\0';
	return out;
}

static void read_line(struct str line, size_t number, const char *path, const struct conf_target *t)
{
	struct str name = { 0 };

	line = str_trim(line);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line = str_trim((struct str){ line.p, line.n - 1 });
	if (line.n == 0 || *line.p == '#' || *line.p == ';')
		return;
	if (!str_split(&line, '=', &name) || line.p == NULL || !name_valid(str_trim(name)) ||
	    memchr(line.p, '\0', line.n) != NULL)
		return conf_fault_add(t->faults, t->arena,
				      "%s:%zu: is not like APP__LOG__FILTER=info", path, number);
	name = str_trim(name);
	/* Out of memory is told by whatever needs some next. */
	(void)setenv(arena_printf(t->scratch, "%.*s", STR_ARG(name)).p,
		     unquote(str_trim(line), t->scratch), 0);
}

void conf_read_env(const char *dir, struct arena *a, struct conf_faults *faults)
{
	struct conf_target t = { a, arena_make(SCRATCH_MAX, NULL, NULL), NULL, faults };
	struct str text = { 0 }, line = { 0 };
	size_t number = 0;

	if (t.scratch == NULL)
		arena_exhausted(a);

	const char *path = arena_printf(t.scratch, "%s/postern.env", dir).p;
	int e = conf_read_file(path, t.scratch, &text);

	/* systemd has read it already, by rights that the service does not have. */
	if (e == EACCES && getenv("INVOCATION_ID") != NULL)
		e = ENOENT;
	if (e != 0 && e != ENOENT && e != ENOTDIR)
		conf_fault_add(faults, a, "%s: cannot be read: %s%s", path, conf_reason(e),
			       e == EACCES ? "; use sudo" : "");
	while (e == 0 && str_split(&text, '\n', &line))
		read_line(line, ++number, path, &t);
	arena_free(t.scratch);
}
