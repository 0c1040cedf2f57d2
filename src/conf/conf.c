/* SPDX-License-Identifier: MIT */
/*
 * The sources of settings, of which the last one wins: conf.def, two YAML files, the environment.
 */
#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/setting.h"
#include "conf/yaml.h"

enum { SCRATCH_MAX = 8 * 1024 * 1024 /* every setting from a file of its own, and more */ };

/* The variables that give one setting; null when absent. */
struct given {
	struct str direct, file;
};

static void read_presets(const struct conf_target *t)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		struct str wrong = setting_set(&settings[i], settings[i].preset, t->arena, t->out);

		assert(wrong.p == NULL);
		(void)wrong;
	}
}

static struct str variable(char *const env[], struct str name)
{
	for (; *env != NULL; env++) {
		struct str rest = str_from(*env), found = { 0 };

		if (str_split(&rest, '=', &found) && rest.p != NULL && str_eq(found, name))
			return rest;
	}
	return (struct str){ 0 };
}

/* Whether a profile is [A-Za-z0-9_-]+: it becomes a part of a path. */
static bool profile_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return s.n > 0;
}

/* Reads one YAML file; a missing one is a fault only when APP_ENV names it. */
static void read_yaml(const struct conf_target *t, const char *dir, struct str profile, bool named)
{
	struct str path = arena_printf(t->scratch, "%s/%.*s.yaml", dir, STR_ARG(profile));
	struct str text = { 0 };
	int e = conf_read_file(path.p, t->scratch, &text);

	if (e == ENOENT && named)
		conf_fault_add(t->faults, t->arena,
			       "APP_ENV: there is no %s; make it, or unset APP_ENV", path.p);
	else if (e != 0 && e != ENOENT)
		conf_fault_add(t->faults, t->arena, "%s: cannot be read: %s", path.p,
			       conf_reason(e));
	else if (e == 0)
		conf_yaml(path, text, t);
}

static void read_files(const struct conf_target *t, const char *dir, char *const env[])
{
	struct str profile = variable(env, STR("APP_ENV"));
	struct stat st = { 0 };

	/* Silence would hide a misspelt folder; the two that are only guessed may be missing. */
	if (variable(env, STR("APP_CONFIG_DIR")).n > 0 &&
	    (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)))
		conf_fault_add(t->faults, t->arena, "APP_CONFIG_DIR: \"%s\" is not a folder",
			       setting_quote(str_from(dir), t->arena).p);
	read_yaml(t, dir, STR("default"), false);
	if (profile.n == 0 || str_eq(profile, STR("default")))
		return;
	if (profile_valid(profile))
		return read_yaml(t, dir, profile, true);
	conf_fault_add(t->faults, t->arena,
		       "APP_ENV: must be a name of letters, digits, _ and -, not \"%s\"",
		       setting_quote(profile, t->arena).p);
}

static bool strip_suffix(struct str *s, struct str suffix)
{
	if (s->n < suffix.n || !str_eq(str_from_at(*s, s->n - suffix.n), suffix))
		return false;
	s->n -= suffix.n;
	return true;
}

/* "jwt.secret" for APP__JWT__SECRET, to look for the key that was meant. */
static struct str env_key(struct str name, struct arena *a)
{
	char *p = arena_alloc(a, name.n + 1);
	size_t n = 0;

	name = str_from_at(name, sizeof "APP__" - 1);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool dot = c == '_' && i + 1 < name.n && name.p[i + 1] == '_';

		p[n++] = dot ? '.' : (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
		i += dot;
	}
	return (struct str){ p, n };
}

static void unknown(const struct conf_target *t, struct str name)
{
	char env[SETTING_NAME] = "";
	struct str quoted = setting_quote(name, t->arena), key = env_key(name, t->scratch);
	bool file = strip_suffix(&key, STR("_file"));
	const struct setting *near = setting_nearest(key);

	if (near == NULL)
		conf_fault_add(t->faults, t->arena,
			       "%s: unknown setting; \"postern config\" lists all", quoted.p);
	else
		conf_fault_add(t->faults, t->arena, "%s: unknown setting; did you mean %s%s?",
			       quoted.p, setting_env(near, env).p, file ? "_FILE" : "");
}

/*
 * Notes the value that a variable gives. The first of two with one name counts, as with getenv().
 */
static void note(const struct conf_target *t, char *text, struct given given[SETTING_COUNT])
{
	struct str value = str_from(text), name = { 0 };

	if (!str_starts(value, STR("APP__")) || !str_split(&value, '=', &name) || value.p == NULL)
		return;

	const struct setting *s = setting_find_env(name);
	struct str base = name;

	if (s != NULL && given[s - settings].direct.p == NULL)
		given[s - settings].direct = value;
	if (s != NULL)
		return;
	if (strip_suffix(&base, STR("_FILE")))
		s = setting_find_env(base);
	if (s == NULL)
		return unknown(t, name);
	if (given[s - settings].file.p == NULL)
		given[s - settings].file = value;
}

static void apply(const struct conf_target *t, const struct setting *s, const struct given *g)
{
	char env[SETTING_NAME] = "";
	const char *name = setting_env(s, env).p;

	if (g->direct.p != NULL && g->file.p != NULL)
		return conf_fault_add(t->faults, t->arena,
				      "%s: given together with %s_FILE; unset one of them", name,
				      name);
	/*
	 * The path stays untold: somebody who forgets _FILE's meaning puts the secret itself there.
	 */
	if (g->file.p != NULL) {
		struct setting_file file = {
			.path = g->file.p,
			.called = arena_printf(t->scratch, "%s_FILE: the file it names", name).p
		};

		return setting_read_file(s, &file, t);
	}

	struct str wrong = setting_set(s, g->direct, t->arena, t->out);

	if (wrong.p != NULL)
		conf_fault_add(t->faults, t->arena, "%s: %s", name, wrong.p);
}

/* Applies DATABASE_URL, which many tools share. An empty one is none. */
static void apply_alias(const struct conf_target *t, char *const env[], const struct given *g)
{
	struct str url = variable(env, STR("DATABASE_URL"));

	if (url.n == 0 || g->direct.p != NULL || g->file.p != NULL)
		return;

	struct str wrong = setting_set(&settings[SETTING_AT_database_url], url, t->arena, t->out);

	if (wrong.p != NULL)
		conf_fault_add(t->faults, t->arena, "DATABASE_URL: %s", wrong.p);
}

static void read_environment(const struct conf_target *t, char *const env[])
{
	struct given given[SETTING_COUNT] = { 0 };

	for (size_t i = 0; env[i] != NULL; i++)
		note(t, env[i], given);
	apply_alias(t, env, &given[SETTING_AT_database_url]);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (given[i].direct.p != NULL || given[i].file.p != NULL)
			apply(t, &settings[i], &given[i]);
}

/* "database_url": the file in the settings' folder that holds a secret. */
static struct str private_name(const struct setting *s, struct arena *a)
{
	struct str name = arena_printf(a, "%.*s", STR_ARG(s->key));

	for (char *p = (char *)name.p; *p != '\0'; p++)
		*p = *p == '.' ? '_' : *p;
	return name;
}

/*
 * Reads the secrets that nothing else gives: so a command that root types has those that systemd
 * hands over to the service. A file that is there and cannot be read is a fault, for another secret
 * would be made up for it.
 */
static void read_private(const struct conf_target *t, const char *dir, char *const env[])
{
	char name[SETTING_NAME] = "";

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];
		struct secret *value = (struct secret *)(void *)((char *)t->out + s->offset);
		struct setting_file file = { .optional = true };

		if (s->kind != SETTING_SECRET || value->n > 0 ||
		    variable(env, setting_env(s, name)).p != NULL)
			continue;
		file.path = arena_printf(t->scratch, "%s/%s", dir, private_name(s, t->scratch).p).p;
		file.called = arena_printf(t->scratch, "%s: %s", s->key.p, file.path).p;
		setting_read_file(s, &file, t);
	}
}

bool conf_load(const char *dir, char *const env[], struct arena *a, struct conf *out,
	       struct conf_faults *faults)
{
	struct arena *scratch = arena_make(SCRATCH_MAX, NULL, NULL);
	size_t before = faults->n;

	if (scratch == NULL)
		arena_exhausted(a);

	struct conf_target t = { a, scratch, out, faults };

	*out = (struct conf){ 0 };
	read_presets(&t);
	read_files(&t, dir, env);
	read_environment(&t, env);
	read_private(&t, dir, env);
	arena_free(scratch);
	conf_read_state(out, a, faults);
	return faults->n == before;
}

const char *conf_dir(void)
{
	const char *named = getenv("APP_CONFIG_DIR");
	struct stat st = { 0 };

	if (named != NULL && *named != '\0')
		return named;
	/*
	 * /etc/postern comes first: wherever root types a command, the settings are the machine's,
	 * not that folder's.
	 */
	if (stat("/etc/postern", &st) == 0 && S_ISDIR(st.st_mode))
		return "/etc/postern";
	return stat("config", &st) == 0 && S_ISDIR(st.st_mode) ? "config" : "/etc/postern";
}
