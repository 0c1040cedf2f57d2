/* SPDX-License-Identifier: MIT */
/* What the program knows by itself: operations and settings. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "api/dispatch.h"
#include "cli/command.h"
#include "http/openapi.h"

int cli_routes(const struct cli *cli, int argc, char **argv)
{
	static const char *const who[] = { [ACCESS_ANYONE] = "anyone",
					   [ACCESS_USER] = "user",
					   [ACCESS_SELF] = "self",
					   [ACCESS_GATE] = "gate",
					   [ACCESS_ADMIN] = "admin" };

	(void)cli;
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = &routes[i];

		printf("%-6s %-24s %-6s %d %-14s %s\n", method_name(r->method), r->path,
		       who[r->access], r->status, r->name, r->summary);
	}
	return EX_OK;
}

int cli_openapi(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	(void)argc;
	(void)argv;

	char *text = openapi_make(routes, routes_count, POSTERN_VERSION);

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
