/* SPDX-License-Identifier: MIT */
/*
 * What the text of a statement tells before any server is asked: its parameters, whether it
 * writes, whether it is bounded, and which expressions cannot be null.
 */
#include <ctype.h>
#include <string.h>

#include "tools/sqlgen.h"

/* --- tokens --- */

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *p)
{
	size_t n = 0;

	while (word_char(p[n]))
		n++;
	return n;
}

/* A string or quoted name; with `escapes`, as in E'it\'s'. A doubled quote is two of them. */
static size_t quoted_length(const struct statement *s, const char *p, bool escapes)
{
	size_t n = 1;

	while (p[n] != *p && p[n] != '\0' && p[n] != '\n')
		n += escapes && p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
	if (p[n] != *p)
		fail(s, "a string does not end on its line: %.20s", p);
	return n + 1;
}

/* $tag$ ... $tag$ */
static size_t dollar_length(const struct statement *s, const char *p)
{
	size_t tag = word_length(p + 1) + 2;

	if (p[tag - 1] != '$' || isdigit((unsigned char)p[1]))
		fail(s, "parameters have names, as in :id; %.*s has none", (int)tag - 1, p);
	for (size_t n = tag; p[n] != '\0' && p[n] != '\n'; n++)
		if (strncmp(p + n, p, tag) == 0)
			return n + tag;
	fail(s, "a string does not end on its line: %.20s", p);
}

/* Comments nest in SQL, unlike in C. */
static size_t comment_length(const struct statement *s, const char *p)
{
	size_t n = 2, depth = 1;

	if (*p == '-')
		return strcspn(p, "\n");
	for (; depth > 0; n++) {
		if (p[n] == '\0')
			fail(s, "a comment does not end");
		if (p[n] == '/' && p[n + 1] == '*')
			depth++, n++;
		else if (p[n] == '*' && p[n + 1] == '/')
			depth--, n++;
	}
	return n;
}

static struct token next(const struct statement *s, const char *p)
{
	if (isspace((unsigned char)*p))
		return (struct token){ .sort = BLANK, .p = p, .n = 1 };
	if (strncmp(p, "--", 2) == 0 || strncmp(p, "/*", 2) == 0)
		return (struct token){ .sort = COMMENT, .p = p, .n = comment_length(s, p) };
	if ((*p == 'e' || *p == 'E') && p[1] == '\'')
		return (struct token){ .sort = STRING,
				       .p = p,
				       .n = 1 + quoted_length(s, p + 1, true) };
	if (*p == '\'' || *p == '"')
		return (struct token){ .sort = STRING, .p = p, .n = quoted_length(s, p, false) };
	if (*p == '$')
		return (struct token){ .sort = STRING, .p = p, .n = dollar_length(s, p) };
	if (strncmp(p, "::", 2) == 0 || strncmp(p, ":=", 2) == 0)
		return (struct token){ .sort = MARK, .p = p, .n = 2 };
	if (*p == ':' && word_char(p[1]))
		return (struct token){ .sort = PARAM, .p = p, .n = 1 + word_length(p + 1) };
	if (word_char(*p))
		return (struct token){ .sort = WORD, .p = p, .n = word_length(p) };
	return (struct token){ .sort = MARK, .p = p, .n = 1 };
}

/* --- rewriting --- */

static size_t param_index(struct statement *s, const char *name, size_t n)
{
	for (size_t i = 0; i < s->param_count; i++)
		if (strlen(s->params[i].name) == n && strncmp(s->params[i].name, name, n) == 0)
			return i;
	if (s->param_count == DB_PARAMS_MAX)
		fail(s, "more than %d parameters", DB_PARAMS_MAX);
	s->params[s->param_count].name = strndup(name, n);
	check_member(s, s->params[s->param_count].name);
	return s->param_count++;
}

/* One white space between tokens where there was any; comments stay here, lines are kept. */
static void add_blank(struct statement *s, char c)
{
	if (s->sql_size == 0)
		return;

	char *last = &s->sql[s->sql_size - 1];

	if (c == '\n') {
		while (*last == ' ' || *last == '\t')
			s->sql_size--, last--;
		if (*last == '\n')
			return;
	}
	s->sql[s->sql_size++] = c;
}

static void add(struct statement *s, const struct token *t)
{
	if (t->sort == BLANK || t->sort == COMMENT) {
		add_blank(s, t->sort == COMMENT ? ' ' : *t->p);
		return;
	}

	struct token *new = &s->tokens[s->token_count++];

	*new = *t;
	new->at = s->sql_size;
	if (t->sort == PARAM) {
		new->param = param_index(s, t->p + 1, t->n - 1);
		s->params[new->param].typed |= strncmp(t->p + t->n, "::", 2) == 0;
		s->sql_size += (size_t)sprintf(s->sql + s->sql_size, "$%zu", new->param + 1);
	} else {
		memcpy(s->sql + s->sql_size, t->p, t->n);
		s->sql_size += t->n;
	}
	new->length = s->sql_size - new->at;
}

/* Turns :name into $n. */
static void rewrite(struct statement *s, const char *body)
{
	/* ":a" can become "$16". */
	size_t room = strlen(body) * 2 + 2;
	int depth = 0;

	s->sql = make(room);
	s->tokens = make(room * sizeof *s->tokens);
	for (const char *p = body; *p != '\0';) {
		struct token t = next(s, p);

		p += t.n;
		if (t.sort == MARK && *t.p == ')')
			depth--;
		t.depth = depth;
		if (t.sort == MARK && *t.p == '(')
			depth++;
		add(s, &t);
	}
	while (s->sql_size > 0 && strchr("; \t\n", s->sql[s->sql_size - 1]) != NULL)
		s->sql_size--;
	s->sql[s->sql_size] = '\0';
	while (s->token_count > 0 && token_is(s, s->token_count - 1, ";"))
		s->token_count--;
}

/* --- checks --- */

bool token_is(const struct statement *s, size_t i, const char *text)
{
	return i < s->token_count && (s->tokens[i].sort == WORD || s->tokens[i].sort == MARK) &&
	       s->tokens[i].n == strlen(text) &&
	       strncasecmp(s->tokens[i].p, text, s->tokens[i].n) == 0;
}

bool token_in(const struct statement *s, size_t i, const char *const *texts)
{
	while (*texts != NULL && !token_is(s, i, *texts))
		texts++;
	return *texts != NULL;
}

/* Not count(*), and not a multiplication: that goes on with an operand. */
static bool is_star(const struct statement *s, size_t i)
{
	static const char *const after[] = { ",", "from", NULL };

	if (!token_is(s, i, "*"))
		return false;
	return i + 1 == s->token_count || token_in(s, i + 1, after) ||
	       (i > 0 && token_is(s, i - 1, ".")) ||
	       (i > 0 && token_is(s, i + 1, ")") && !token_is(s, i - 1, "("));
}

/* What a read-only transaction refuses. */
static bool is_write(const struct statement *s, size_t i)
{
	static const char *const words[] = { "insert", "update", "delete", "merge", NULL };
	static const char *const before_share[] = { "for", "key", NULL };

	return token_in(s, i, words) ||
	       (i > 0 && token_is(s, i, "share") && token_in(s, i - 1, before_share));
}

/* A read is bounded by its own limit; what changes rows, by one in what it chooses them with. */
static bool is_bound(const struct statement *s, size_t i)
{
	static const char *const none[] = { "all", "null", NULL };

	return token_is(s, i, "limit") && (s->write || s->tokens[i].depth == 0) &&
	       !token_in(s, i + 1, none);
}

static bool is_outer_join(const struct statement *s, size_t i)
{
	static const char *const sides[] = { "left", "right", "full", NULL };
	static const char *const joins[] = { "join", "outer", NULL };

	return token_in(s, i, sides) && token_in(s, i + 1, joins);
}

/* = any(:name::type[]) */
static bool is_any_of(const struct statement *s, size_t i)
{
	return token_is(s, i, "=") && token_is(s, i + 1, "any") && token_is(s, i + 2, "(") &&
	       i + 8 < s->token_count && s->tokens[i + 3].sort == PARAM &&
	       token_is(s, i + 4, "::") && token_is(s, i + 6, "[") && token_is(s, i + 7, "]") &&
	       token_is(s, i + 8, ")");
}

/* One query answers several requests, so the row of one must not depend on what the others ask. */
static void check_gathered(const struct statement *s)
{
	static const char *const across[] = { "limit",	"offset",    "fetch",  "distinct", "group",
					      "having", "over",	     "window", "union",	   "except",
					      "order",	"intersect", NULL };
	bool any = false;

	for (size_t i = 0; i < s->token_count; i++)
		any = any || is_any_of(s, i);
	if (s->mode != ONE || s->write || s->param_count != 1 || !any)
		fail(s, "what is gathered reads one row, where <id> = any(:<id>::<domain>[])");
	for (size_t i = 0; i < s->token_count; i++)
		if (token_in(s, i, across))
			fail(s, "what is gathered must not look across rows: %.*s",
			     (int)s->tokens[i].n, s->tokens[i].p);
}

void read_text(struct statement *s, const char *body)
{
	static const char *const first[] = { "select", "with",	 "values", "insert",
					     "update", "delete", "merge",  NULL };
	bool bound = false;

	rewrite(s, body);
	if (s->token_count == 0)
		fail(s, "the statement is empty");
	if (!token_in(s, 0, first))
		fail(s, "a statement selects or changes rows");
	for (size_t i = 0; i < s->token_count; i++) {
		s->write = s->write || is_write(s, i);
		s->outer_join = s->outer_join || is_outer_join(s, i);
		s->skips = s->skips ||
			   (token_is(s, i, "locked") && i > 0 && token_is(s, i - 1, "skip"));
		if (is_star(s, i))
			fail(s, "name the columns instead of *");
	}
	for (size_t i = 0; i < s->token_count; i++)
		bound = bound || is_bound(s, i);
	if (s->mode == MANY && !bound)
		fail(s, "a :many statement needs a limit of its own: nothing here is unbounded");
	if (s->shared && !(s->write && s->skips))
		fail(s, "what shares a transaction writes, and has to skip what is locked");
	if (s->gathered)
		check_gathered(s);
	if (s->rule_count > 0 && !s->write)
		fail(s, "it writes nothing, so no constraint can stop it");
}

/* --- expressions --- */

/* The "(" that the ")" at `end` closes. */
static size_t open_of(const struct statement *s, size_t end)
{
	int depth = s->tokens[end].depth;

	while (end > 0 && !(token_is(s, end, "(") && s->tokens[end].depth == depth))
		end--;
	return end;
}

/* The name of the call that ends at `end`: count(...) filter (...) over (...); or token_count. */
static size_t call_of(const struct statement *s, size_t end)
{
	static const char *const behind[] = { "filter", "over", NULL };
	size_t i = open_of(s, end);

	while (i >= 2 && token_in(s, i - 1, behind))
		i = open_of(s, i - 2);
	return i == 0 ? s->token_count : i - 1;
}

/* Where the value that ends at `end` begins, casts left away; token_count: not of that kind. */
static size_t value_start(const struct statement *s, size_t end)
{
	static const char *const calls[] = { "coalesce", "count", "exists", "row_number", NULL };
	static const char *const literals[] = { "true", "false", NULL };

	while (end >= 2 && token_is(s, end - 1, "::"))
		end -= 2;
	if (token_in(s, end, literals) || s->tokens[end].sort == PARAM ||
	    isdigit((unsigned char)*s->tokens[end].p))
		return end;
	if (token_is(s, end, ")")) {
		size_t i = call_of(s, end);

		return token_in(s, i, calls) ? i : s->token_count;
	}
	if (!token_is(s, end, "null") || end < 2)
		return s->token_count;
	end -= token_is(s, end - 1, "not") ? 2 : 1;
	if (!token_is(s, end, "is") || end == 0)
		return s->token_count;
	/* x is null, or t.x is null */
	return end >= 3 && token_is(s, end - 2, ".") ? end - 3 : end - 1;
}

static bool value_safe(const struct statement *s, size_t end)
{
	static const char *const before[] = { "select", "distinct", "returning", ",", NULL };
	size_t i = value_start(s, end);

	if (i >= s->token_count || i == 0)
		return false;
	i -= token_is(s, i - 1, "not") ? 2 : 1;
	return token_in(s, i, before);
}

/* The last token of an expression that `as name` stands behind, from `from` on; or token_count. */
static size_t named(const struct statement *s, const char *name, size_t from)
{
	for (size_t i = from + 2; i < s->token_count; i++)
		if (token_is(s, i - 1, "as") && token_is(s, i, name))
			return i - 2;
	return s->token_count;
}

bool never_null(const struct statement *s, const char *name)
{
	size_t n = s->token_count, end = named(s, name, 0);

	/* Without a name of its own an expression is called as its function is. */
	if (end == n)
		for (size_t i = 0; i + 1 < n; i++)
			if (token_is(s, i, name) && token_is(s, i + 1, "("))
				return strcmp(name, "count") == 0 || strcmp(name, "exists") == 0 ||
				       strcmp(name, "coalesce") == 0;
	if (end == n)
		return false;
	for (; end < n; end = named(s, name, end + 1))
		if (!value_safe(s, end))
			return false;
	return true;
}

char *cast_find(const struct statement *s, const char *name)
{
	size_t end = named(s, name, 0);

	if (end == s->token_count || end == 0 || !token_is(s, end - 1, "::"))
		return NULL;
	return strndup(s->tokens[end].p, s->tokens[end].n);
}
