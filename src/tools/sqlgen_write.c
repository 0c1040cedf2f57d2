/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sqlgen.h"

enum { IDS = 64 };

static FILE *create(const char *dir, const char *name, const char *suffix, const char *from)
{
	char *path = format_text("%s/%s%s", dir, name, suffix);
	FILE *f = fopen(path, "we");

	if (f == NULL || fprintf(f,
				 "/* SPDX-License-Identifier: MIT */\n"
				 "/* Made from %s by sqlgen; make gen. */\n"
				 "/* clang-format off */\n",
				 from) < 0)
		fail(NULL, "%s: %s", path, strerror(errno));
	free(path);
	return f;
}

static void finish(FILE *f)
{
	if (fclose(f) != 0)
		fail(NULL, "sqlgen: %s", strerror(errno));
}

static const char *kind_name(enum kind k)
{
	static const char *const names[] = {
		[KIND_BOOL] = "KIND_BOOL",     [KIND_I32] = "KIND_I32",
		[KIND_I64] = "KIND_I64",       [KIND_STR] = "KIND_STR",
		[KIND_SECRET] = "KIND_SECRET", [KIND_INSTANT] = "KIND_INSTANT",
		[KIND_UUID] = "KIND_UUID",     [KIND_ENUM] = "KIND_ENUM",
		[KIND_LIST] = "KIND_LIST",
	};

	return names[k];
}

static const char *type_name(enum kind k)
{
	static const char *const names[] = {
		[KIND_BOOL] = "bool",
		[KIND_I32] = "int32_t",
		[KIND_I64] = "int64_t",
		[KIND_STR] = "struct str",
		[KIND_SECRET] = "struct secret",
		[KIND_INSTANT] = "struct instant",
		[KIND_UUID] = "struct uuid",
		[KIND_LIST] = "struct str_list",
	};

	return names[k];
}

static void write_struct(FILE *f, const char *name, const char *suffix, const struct column *c,
			 size_t n)
{
	fprintf(f, "\nstruct %s%s {\n", name, suffix);
	for (size_t i = 0; i < n; i++)
		if (c[i].id[0] != '\0')
			fprintf(f, "\tstruct %s %s;\n", c[i].id, c[i].name);
		else if (c[i].words != NULL)
			fprintf(f, "\tenum %s %s;\n", c[i].words->name, c[i].name);
		else
			fprintf(f, "\t%s %s;\n", type_name(c[i].kind), c[i].name);
	fprintf(f, "};\n");
}

/* Whether an earlier statement of the file has this row; many: and is a :many one. */
static bool row_seen(const struct statement *s, bool many)
{
	for (const struct statement *o = s->file->statements; o != s; o = o->next)
		if (strcmp(o->row, s->row) == 0 && (!many || o->mode == MANY))
			return true;
	return false;
}

static void write_signature(FILE *f, const struct statement *s)
{
	fprintf(f, "enum err %s(struct db *db", s->name);
	if (s->param_count > 0)
		fprintf(f, ", const struct %s *in", s->name);
	if (s->mode == ONE)
		fprintf(f, ", struct %s_row *row)", s->row);
	else if (s->mode == MANY)
		fprintf(f, ", struct %s_rows *rows)", s->row);
	else
		fprintf(f, ", int64_t *affected)");
}

static void write_header(const struct file *file, const char *dir)
{
	char *from = format_text("src/sql/%s.sql", file->name);
	FILE *f = create(dir, file->name, ".h", from);

	fprintf(f, "#pragma once\n\n#include \"db/db.h\"\n#include \"gen/enums.h\"\n"
		   "#include \"gen/ids.h\"\n");
	for (const struct statement *s = file->statements; s != NULL; s = s->next) {
		if (s->mode != EXEC && !row_seen(s, false))
			write_struct(f, s->row, "_row", s->columns, s->column_count);
		if (s->mode == MANY && !row_seen(s, true))
			fprintf(f, "\nstruct %s_rows {\n\tstruct %s_row *v;\n\tsize_t n;\n};\n",
				s->row, s->row);
	}
	for (const struct statement *s = file->statements; s != NULL; s = s->next) {
		if (s->param_count > 0)
			write_struct(f, s->name, "", s->params, s->param_count);
		if (s->doc[0] != '\0')
			fprintf(f, "\n/*\n%s */", s->doc);
		fprintf(f, "\n");
		write_signature(f, s);
		fprintf(f, ";\n");
	}
	finish(f);
	free(from);
}

static void write_columns(FILE *f, const struct statement *s, const char *what, const char *type,
			  const struct column *c, size_t n)
{
	if (n == 0)
		return;
	fprintf(f, "\nstatic const struct db_column %s_%s[] = {\n", s->name, what);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "\t{ .name = \"%s\", .kind = %s, .offset = offsetof(struct %s, %s)",
			c[i].name, kind_name(c[i].kind), type, c[i].name);
		if (c[i].words != NULL)
			fprintf(f, ", .words = &%s_vocabulary", c[i].words->name);
		fprintf(f, " },\n");
	}
	fprintf(f, "};\n");
}

/* As a C string, one line of SQL a line. */
static void write_text(FILE *f, const char *sql)
{
	fprintf(f, "\t\t\"");
	for (const char *p = sql; *p != '\0'; p++) {
		if (*p == '\n')
			fprintf(f, "\\n\"\n\t\t\"");
		else if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else
			fputc(*p, f);
	}
	fprintf(f, "\"");
}

static void write_table(FILE *f, const struct statement *s)
{
	char *row = format_text("%s_row", s->row);

	write_columns(f, s, "params", s->name, s->params, s->param_count);
	write_columns(f, s, "columns", row, s->columns, s->column_count);
	if (s->rule_count > 0) {
		fprintf(f, "\nstatic const struct db_rule %s_rules[] = {\n", s->name);
		for (size_t i = 0; i < s->rule_count; i++)
			fprintf(f, "\t{ \"%s\", ERR_%s },\n", s->rules[i].constraint,
				s->rules[i].err);
		fprintf(f, "\t{ NULL, OK },\n};\n");
	}
	fprintf(f, "\nconst struct db_statement %s_statement = {\n\t.name = \"%s\",\n\t.sql =\n",
		s->name, s->name);
	write_text(f, s->sql);
	fprintf(f, ",\n");
	if (s->param_count > 0)
		fprintf(f, "\t.params = %s_params,\n\t.param_count = %zu,\n", s->name,
			s->param_count);
	if (s->column_count > 0)
		fprintf(f,
			"\t.columns = %s_columns,\n\t.column_count = %zu,\n\t.row_size = "
			"sizeof(struct %s),\n",
			s->name, s->column_count, row);
	if (s->rule_count > 0)
		fprintf(f, "\t.rules = %s_rules,\n", s->name);
	fprintf(f, "\t.write = %s,\n%s", s->write ? "true" : "false",
		s->shared ? "\t.shared = true,\n" : "");
	if (s->gathered)
		fprintf(f, "\t.gathered = true,\n\t.key = %zu,\n", s->key);
	fprintf(f, "};\n");
	free(row);
}

static void write_function(FILE *f, const struct statement *s)
{
	const char *in = s->param_count > 0 ? "in" : "NULL";

	fprintf(f, "\n");
	write_signature(f, s);
	fprintf(f, "\n{\n");
	if (s->mode == ONE)
		fprintf(f, "\treturn db_one(db, &%s_statement, %s, row);\n", s->name, in);
	else if (s->mode == EXEC)
		fprintf(f, "\treturn db_exec(db, &%s_statement, %s, affected);\n", s->name, in);
	else
		fprintf(f,
			"\tstruct db_rows all = { 0 };\n\n\tTRY(db_many(db, &%s_statement, %s, "
			"&all));\n"
			"\t*rows = (struct %s_rows){ all.v, all.n };\n\treturn OK;\n",
			s->name, in, s->row);
	fprintf(f, "}\n");
}

static void write_source(const struct file *file, const char *dir)
{
	char *from = format_text("src/sql/%s.sql", file->name);
	FILE *f = create(dir, file->name, ".c", from);

	fprintf(f, "#include \"gen/%s.h\"\n\n#include \"gen/statements.h\"\n", file->name);
	for (const struct statement *s = file->statements; s != NULL; s = s->next) {
		write_table(f, s);
		write_function(f, s);
	}
	finish(f);
	free(from);
}

/* The list of all statements, which the lanes prepare. */
static void write_statements(const struct file *files, const char *source_dir,
			     const char *include_dir)
{
	FILE *h = create(include_dir, "statements", ".h", "src/sql");
	FILE *c = create(source_dir, "statements", ".c", "src/sql");

	fprintf(h, "#pragma once\n\n#include \"db/db.h\"\n\n/* All of them; ends with NULL. */\n"
		   "extern const struct db_statement *const db_statements[];\n\n");
	fprintf(c, "#include \"gen/statements.h\"\n\nconst struct db_statement *const "
		   "db_statements[] = {\n");
	for (const struct file *file = files; file != NULL; file = file->next)
		for (const struct statement *s = file->statements; s != NULL; s = s->next) {
			fprintf(h, "extern const struct db_statement %s_statement;\n", s->name);
			fprintf(c, "\t&%s_statement,\n", s->name);
		}
	fprintf(c, "\tNULL,\n};\n");
	finish(h);
	finish(c);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect(const struct column *c, size_t n, const char *ids[IDS], size_t *count)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < *count && strcmp(ids[k], c[i].id) != 0)
			k++;
		if (c[i].id[0] == '\0' || k < *count)
			continue;
		if (*count == IDS)
			fail(NULL, "sqlgen: more than %d kinds of id", IDS);
		ids[(*count)++] = c[i].id;
	}
}

static void write_ids(const struct file *files, const char *dir)
{
	const char *ids[IDS] = { NULL };
	size_t n = 0;
	FILE *f = create(dir, "ids", ".h", "the domains over uuid that src/sql uses");

	for (const struct file *file = files; file != NULL; file = file->next)
		for (const struct statement *s = file->statements; s != NULL; s = s->next) {
			collect(s->params, s->param_count, ids, &n);
			collect(s->columns, s->column_count, ids, &n);
		}
	qsort(ids, n, sizeof *ids, by_name);
	fprintf(f, "#pragma once\n\n#include \"base/uuid.h\"\n");
	for (size_t i = 0; i < n; i++)
		fprintf(f,
			"\nstruct %s {\n\tstruct uuid uuid;\n};\n\n"
			"static inline struct %s %s_new(void)\n{\n\treturn (struct %s){ uuid_v7() "
			"};\n}\n",
			ids[i], ids[i], ids[i], ids[i]);
	fprintf(f, "\n/* For FIELD (schema/fields.h). */\n#define FIELD_KIND_IDS");
	for (size_t i = 0; i < n; i++)
		fprintf(f, " \\\n\tstruct %s: KIND_UUID,", ids[i]);
	fprintf(f, "\n");
	finish(f);
}

static void write_enum(FILE *h, FILE *c, const struct enumeration *e)
{
	const char *name = e->name;
	char *none = format_text("%s_NONE", name);

	for (char *p = none; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	fprintf(h, "\nenum %s {\n\t%s, /* null */\n", name, none);
	for (size_t i = 0; i < e->n; i++)
		fprintf(h, "\t%s,\n", e->words[i].constant);
	fprintf(h,
		"};\n\n_Static_assert(sizeof(enum %s) == sizeof(int), \"KIND_ENUM\");\n\n"
		"extern const struct vocabulary %s_vocabulary;\n\n"
		"static inline struct str %s_word(enum %s v)\n{\n"
		"\treturn vocabulary_word(&%s_vocabulary, (int)v);\n}\n",
		name, name, name, name, name);
	fprintf(c, "\nstatic const struct str %s_words[] = {\n\t{ NULL, 0 },\n", name);
	for (size_t i = 0; i < e->n; i++)
		fprintf(c, "\t{ \"%s\", %zu },\n", e->words[i].text, strlen(e->words[i].text));
	fprintf(c, "};\n\nconst struct vocabulary %s_vocabulary = { %s_words, %zu };\n", name, name,
		e->n + 1);
	free(none);
}

static void write_enums(const char *source_dir, const char *include_dir)
{
	static const char from[] = "the domains over text, with a check, that src/sql uses";
	const struct enumeration *list[ENUMERATIONS] = { NULL };
	size_t n = enumerations(list);
	FILE *h = create(include_dir, "enums", ".h", from);
	FILE *c = create(source_dir, "enums", ".c", from);

	fprintf(h, "#pragma once\n\n#include \"base/kind.h\"\n");
	fprintf(c, "#include \"gen/enums.h\"\n");
	for (size_t i = 0; i < n; i++)
		write_enum(h, c, list[i]);
	fprintf(h, "\n/* For FIELD (schema/fields.h). */\n#define FIELD_KIND_ENUMS");
	for (size_t i = 0; i < n; i++)
		fprintf(h, " \\\n\tenum %s: KIND_ENUM,", list[i]->name);
	fprintf(h, "\n\n#define FIELD_VOCABULARIES");
	for (size_t i = 0; i < n; i++)
		fprintf(h, " \\\n\tenum %s: &%s_vocabulary,", list[i]->name, list[i]->name);
	fprintf(h, "\n");
	finish(h);
	finish(c);
}

void write_all(const struct file *files, const char *source_dir, const char *include_dir)
{
	for (const struct file *f = files; f != NULL; f = f->next) {
		write_header(f, include_dir);
		write_source(f, source_dir);
	}
	write_statements(files, source_dir, include_dir);
	write_ids(files, include_dir);
	write_enums(source_dir, include_dir);
}
