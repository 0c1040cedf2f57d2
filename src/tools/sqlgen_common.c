/* SPDX-License-Identifier: MIT */
/* What all parts of sqlgen need of one another. */
#include "tools/sqlgen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

void check_member(const struct statement *s, const char *name)
{
	static const char *const keywords[] = {
		"auto",	    "bool",	"break",  "case",    "char",	 "const",  "continue",
		"default",  "do",	"double", "else",    "enum",	 "extern", "false",
		"float",    "for",	"goto",	  "if",	     "inline",	 "int",	   "long",
		"register", "restrict", "return", "short",   "signed",	 "sizeof", "static",
		"struct",   "switch",	"true",	  "typedef", "unsigned", "union",  "void",
		"volatile", "while",	"typeof", "asm",
	};

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name) ||
	    isdigit((unsigned char)*name))
		fail(s, "%s is not a name in C: give it one in lower case (as ...)", name);
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcmp(keywords[i], name) == 0)
			fail(s, "%s is a keyword of C: give it another name", name);
}
