/* SPDX-License-Identifier: MIT */
/* Commands that show what the program knows by itself: operations and settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "api/dispatch.h"
#include "cli/command.h"
#include "http/openapi.h"

/* A path as a regular expression: a parameter is one segment. */
static void print_pattern(const struct route *r)
{
	printf("%s:", method_name(r->method));
	for (const char *p = r->path; *p != '\0'; p++) {
		if (*p == '.')
			fputs("\\.", stdout);
		else if (*p != '{')
			putchar(*p);
		else {
			fputs("[^/]+", stdout);
			p = strchr(p, '}');
		}
	}
}

/* One expression, for nginx tries them one after the other, for each request. */
static void print_map(const char *variable, unsigned costs)
{
	const char *before = "";

	printf("map \"$request_method:$postern_below\" $%s {\n\tdefault  \"\";\n\t\"~^(?:",
	       variable);
	for (const struct table *const *t = tables; *t != NULL; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			if ((costs >> (*t)->routes[i].cost & 1) == 0)
				continue;
			fputs(before, stdout);
			print_pattern(&(*t)->routes[i]);
			before = "|";
		}
	puts(")/?\\z\"  $postern_client;\n}");
}

static void print_nginx(void)
{
	puts("# What costs a password hash or sends a mail.");
	print_map("postern_auth_key", 1U << COST_HASH | 1U << COST_MAIL);
	puts("# What whoever is signed in does every few minutes, and costs little; a whole "
	     "office");
	puts("# does it from one address.");
	print_map("postern_session_key", 1U << COST_SESSION);
}

static void print_table(const struct table *t)
{
	static const char *const who[] = { [ACCESS_ANYONE] = "anyone",
					   [ACCESS_USER] = "user",
					   [ACCESS_SELF] = "self",
					   [ACCESS_GATE] = "gate",
					   [ACCESS_ADMIN] = "admin" };

	for (size_t i = 0; i < t->n; i++) {
		const struct route *r = &t->routes[i];

		printf("%-6s %-24s %-6s %d %-14s %s\n", method_name(r->method), r->path,
		       who[r->access], r->status, r->name, r->summary);
	}
}

int cli_routes(const struct cli *cli, int argc, char **argv)
{
	bool nginx = argc == 1 && strcmp(argv[0], "--nginx") == 0;

	if (argc != (nginx ? 1 : 0))
		return cli_usage(cli);
	if (nginx)
		print_nginx();
	else
		for (const struct table *const *t = tables; *t != NULL; t++)
			print_table(*t);
	return EX_OK;
}

int cli_openapi(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	(void)argc;
	(void)argv;

	char *text = openapi_make(table_v1.routes, table_v1.n, POSTERN_VERSION);

	if (text == NULL)
		return EX_OSERR;
	puts(text);
	free(text);
	return EX_OK;
}

int cli_config(const struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	conf_print(cli->conf);
	return EX_OK;
}

int cli_config_env(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	(void)argc;
	(void)argv;
	conf_print_env();
	return EX_OK;
}
