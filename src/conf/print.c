/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "conf/setting.h"

static void print_value(const struct setting *s, const struct conf *c)
{
	const void *at = (const char *)c + s->offset;
	char text[SETTING_DURATION_TEXT] = "";

	switch (s->kind) {
	case SETTING_STR:
		printf("%s", ((const struct str *)at)->p);
		break;
	case SETTING_SECRET:
		fputs(((const struct secret *)at)->n > 0 ? "(set)" : "(not set)", stdout);
		break;
	case SETTING_INT:
		printf("%lld", (long long)*(const int64_t *)at);
		break;
	case SETTING_BOOL:
		fputs(*(const bool *)at ? "true" : "false", stdout);
		break;
	case SETTING_ENUM:
		fputs(vocabulary_word(s->words, *(const int *)at).p, stdout);
		break;
	case SETTING_DURATION:
		fputs(setting_duration(*(const int64_t *)at, text).p, stdout);
		break;
	}
}

void conf_print(const struct conf *c)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		char env[SETTING_NAME] = "";

		printf("%s# %s\n# %s\n%s = ", i == 0 ? "" : "\n", settings[i].doc,
		       setting_env(&settings[i], env).p, settings[i].key.p);
		print_value(&settings[i], c);
		putchar('\n');
	}
}

/* A secret has no example: a sample value would end up in use. */
static void print_variable(const struct setting *s)
{
	char env[SETTING_NAME] = "";
	const char *name = setting_env(s, env).p;

	printf("\n# %s\n", s->doc);
	if (s->kind == SETTING_SECRET)
		printf("#%s=\n#%s_FILE=\n", name, name);
	else
		printf("#%s=%s\n", name, s->preset.p);
}

void conf_print_env(void)
{
	fputs("# SPDX-License-Identifier: MIT\n"
	      "# Every setting of Postern as an environment variable, with its default. Printed "
	      "from\n"
	      "# src/conf's table. The environment wins over config/$APP_ENV.yaml, and that over\n"
	      "# config/default.yaml. Each variable may also be given as NAME_FILE: the value is "
	      "then\n"
	      "# read from that file.\n"
	      "\n"
	      "# Which config/*.yaml is read after default.yaml\n"
	      "#APP_ENV=development\n"
	      "\n"
	      "# The folder of the settings: /etc/postern if it is there, else ./config\n"
	      "#APP_CONFIG_DIR=/etc/postern\n"
	      "\n"
	      "# Stands for APP__DATABASE__URL, which wins\n"
	      "#DATABASE_URL=\n",
	      stdout);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		print_variable(&settings[i]);
}
