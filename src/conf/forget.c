/* SPDX-License-Identifier: MIT */
/* The secrets that a process does without: the column keep of conf.def. */
#include <string.h>

#include "conf/setting.h"

/*
 * Whether a secret has no use: with other algorithms jwt_secret signs nothing, and checks nothing.
 */
static bool idle(const struct conf *c, const struct setting *s)
{
	return (s == &settings[SETTING_AT_jwt_secret] ||
		s == &settings[SETTING_AT_jwt_secret_previous]) &&
	       c->jwt_algorithm != CONF_HS256;
}

void conf_forget(const struct conf *c, unsigned int process)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];

		if (s->kind == SETTING_SECRET && ((s->keep & process) == 0 || idle(c, s)))
			conf_wipe((const struct secret *)((const char *)c + s->offset));
	}
}

/* Whether the variable holds a secret of this service that the process does not need there. */
static bool secret(struct str name, unsigned int process)
{
	const struct setting *s = setting_find_env(name);

	if (str_eq(name, STR("PGPASSWORD")))
		return (settings[SETTING_AT_database_url].keep & process) == 0;
	return str_eq(name, STR("DATABASE_URL")) || (s != NULL && s->kind == SETTING_SECRET);
}

void conf_forget_environment(char *env[], unsigned int process)
{
	for (; *env != NULL; env++) {
		struct str rest = str_from(*env), name = { 0 };

		if (str_split(&rest, '=', &name) && rest.n > 0 && secret(name, process))
			explicit_bzero(*env + name.n + 1, rest.n);
	}
}
