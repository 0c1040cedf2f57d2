/* SPDX-License-Identifier: MIT */
/* Where values come from, and how they are shown. */
#include "conf_world.h"

#include <stdio.h>
#include <sys/stat.h>

#include "conf/setting.h"

static void test_presets(void **state)
{
	struct world *w = *state;

	assert_true(load(w, NO_ENV));
	assert_string_equal(w->conf.server_listen.p, "/run/postern/fcgi.sock");
	assert_int_equal(w->conf.server_request_timeout, 10000000);
	assert_int_equal(w->conf.password_memory_kib, 19456);
	assert_true(w->conf.database_migrate_on_start);
	assert_non_null(w->conf.jwt_secret.p);
	assert_int_equal(w->conf.jwt_secret.n, 0);
}

static void test_precedence(void **state)
{
	struct world *w = *state;
	const char *const profile[ENV_MAX] = { "APP_ENV=test" };
	const char *const both[ENV_MAX] = { "APP_ENV=test", "APP__SERVER__WORKERS=5", "HOME=/" };

	write_file(w, "default.yaml",
		   STR("server:\n  workers: 3\n  backlog: 7\njwt: {issuer: a}\n"));
	write_file(w, "test.yaml", STR("server: {workers: 4}\nlog:\n  # all left out\n"));
	assert_true(load(w, NO_ENV));
	assert_int_equal(w->conf.server_workers, 3);
	assert_true(load(w, profile));
	assert_int_equal(w->conf.server_workers, 4);
	assert_int_equal(w->conf.server_backlog, 7);
	assert_string_equal(w->conf.jwt_issuer.p, "a");
	assert_true(load(w, both));
	assert_int_equal(w->conf.server_workers, 5);
	assert_int_equal(w->conf.server_backlog, 7);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = { { "1000ms", 1000000 },
		     { "1s", 1000000 },
		     { "5m", 300000000 },
		     { "300s", 300000000 },
		     { "07s", 7000000 } };
	static const char *const wrong[] = { "10 s",
					     "1.5s",
					     "-1s",
					     "s",
					     "",
					     "10S",
					     "1us",
					     "0s",
					     "6m",
					     "99999999999999999999s",
					     "9223372036854775807d" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str v = arena_printf(w->arena, "APP__SERVER__REQUEST_TIMEOUT=%s",
					    rows[i].text);

		assert_true(load(w, (const char *const[ENV_MAX]){ v.p }));
		assert_int_equal(w->conf.server_request_timeout, rows[i].us);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct str v = arena_printf(w->arena, "APP__SERVER__REQUEST_TIMEOUT=%s", wrong[i]);
		struct str fault = arena_printf(w->arena,
						"APP__SERVER__REQUEST_TIMEOUT: must be a duration "
						"from 1s to 5m (units: ms, s, m, h, d), not \"%s\"",
						wrong[i]);

		assert_false(load(w, (const char *const[ENV_MAX]){ v.p }));
		assert_string_equal(told(w), fault.p);
		assert_int_equal(w->conf.server_request_timeout, 10000000);
	}
}

static void test_duration_text(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = { { 0, "0ms" },	   { 1000, "1ms" },	{ 1500000, "1500ms" },
		     { 60000000, "1m" },   { 90000000, "90s" }, { 3600000000, "1h" },
		     { 86400000000, "1d" } };
	char text[SETTING_DURATION_TEXT] = "";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(setting_duration(rows[i].us, text).p, rows[i].text);
}

static void test_folders(void **state)
{
	struct world *w = *state;
	struct str missing = arena_printf(w->arena,
					  "APP_ENV: there is no %s/nope.yaml; make it, or unset "
					  "APP_ENV",
					  w->dir);
	char *dir[] = { "APP_CONFIG_DIR=/nowhere/at/all", NULL };

	assert_false(load(w, (const char *const[ENV_MAX]){ "APP_ENV=nope" }));
	assert_string_equal(told(w), missing.p);
	w->faults = (struct conf_faults){ 0 };
	assert_false(conf_load("/nowhere/at/all", dir, w->arena, &w->conf, &w->faults));
	assert_string_equal(told(w), "APP_CONFIG_DIR: \"/nowhere/at/all\" is not a folder");

	setenv("APP_CONFIG_DIR", "/some/where", 1);
	assert_string_equal(conf_dir(), "/some/where");
	setenv("APP_CONFIG_DIR", "", 1);
	assert_string_equal(conf_dir(), "config"); /* unit tests run where the Makefile is */
	unsetenv("APP_CONFIG_DIR");
}

static void test_file_variables(void **state)
{
	static const struct {
		struct str content, value;
	} rows[] = { { STR(SECRET), STR(SECRET) },
		     { STR(SECRET "\n"), STR(SECRET) },
		     { STR(SECRET "\r\n"), STR(SECRET) } };
	static const struct str wrong[] = { STR("\xff\xfe"), STR(SECRET "\t") };
	struct world *w = *state;
	const char *const env[ENV_MAX] = {
		arena_printf(w->arena, "APP__JWT_SECRET_FILE=%s/secret", w->dir).p
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		write_file(w, "secret", rows[i].content);
		assert_true(load(w, env));
		assert_int_equal(w->conf.jwt_secret.n, rows[i].value.n);
		assert_string_equal(w->conf.jwt_secret.p, rows[i].value.p);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		write_file(w, "secret", wrong[i]);
		assert_false(load(w, env));
		assert_string_equal(
			told(w),
			"APP__JWT_SECRET_FILE: the file it names must be one line of text, 0 to "
			"1024 bytes");
	}
	write_file(w, "secret", (struct str){ arena_alloc(w->arena, 65537), 65537 });
	assert_false(load(w, env));
	assert_string_equal(told(w),
			    "APP__JWT_SECRET_FILE: the file it names cannot be read: larger "
			    "than 64 KiB");

	/* Waiting for a FIFO's writer would hang the start. */
	remove_file(w, "secret");
	assert_int_equal(mkfifo(path_of(w, "secret"), 0600), 0);
	assert_false(load(w, env));
	assert_string_equal(told(w),
			    "APP__JWT_SECRET_FILE: the file it names cannot be read: not a "
			    "regular file");
}

static void test_alias(void **state)
{
	struct world *w = *state;
	const char *const alias[ENV_MAX] = { "DATABASE_URL=postgresql://alias" };
	const char *const both[ENV_MAX] = { "DATABASE_URL=postgresql://alias",
					    "APP__DATABASE__URL=postgresql://own" };
	const char *const file[ENV_MAX] = {
		"DATABASE_URL=postgresql://alias",
		arena_printf(w->arena, "APP__DATABASE__URL_FILE=%s/secret", w->dir).p
	};

	write_file(w, "default.yaml", STR("database: {url: 'postgresql://yaml'}\n"));
	write_file(w, "secret", STR("postgresql://file\n"));
	assert_true(load(w, NO_ENV));
	assert_string_equal(w->conf.database_url.p, "postgresql://yaml");
	assert_true(load(w, alias));
	assert_string_equal(w->conf.database_url.p, "postgresql://alias");
	assert_true(load(w, both));
	assert_string_equal(w->conf.database_url.p, "postgresql://own");
	assert_true(load(w, file));
	assert_string_equal(w->conf.database_url.p, "postgresql://file");
}

/* What a call prints on stdout. */
static const char *printed(struct world *w, void (*print)(const struct conf *))
{
	const char *path = path_of(w, "out");
	int saved = dup(STDOUT_FILENO), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *text = arena_alloc(w->arena, 65536);

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	print(&w->conf);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_true(pread(fd, text, 65535, 0) > 0);
	close(fd);
	return text;
}

static void print_env(const struct conf *c)
{
	(void)c;
	conf_print_env();
}

static void test_print(void **state)
{
	struct world *w = *state;

	assert_true(load(w, (const char *const[ENV_MAX]){ JWT, "APP__SERVER__DRAIN_TIMEOUT=90s" }));

	const char *text = printed(w, conf_print);

	assert_null(strstr(text, SECRET));
	assert_non_null(strstr(text, "\njwt_secret = (set)\n"));
	assert_non_null(strstr(text, "\ndatabase.url = (not set)\n"));
	assert_non_null(strstr(text, "\n# APP__SERVER__WORKERS\nserver.workers = 0\n"));
	assert_non_null(strstr(text, "\nserver.drain_timeout = 90s\n"));
	assert_non_null(strstr(text, "\ndatabase.pipeline = true\n"));
}

/* The key of a line "  workers: 0" below "server:", or of "jwt_secret: x"; "" of any other. */
static struct str line_key(struct str line, struct str *section, struct arena *a)
{
	struct str name = { 0 };
	bool inner = str_starts(line, STR("  "));

	if (!str_split(&line, ':', &name) || line.p == NULL || str_trim(name).p[0] == '#')
		return STR("");
	name = str_trim(name);
	if (inner)
		return arena_printf(a, "%.*s.%.*s", STR_ARG(*section), STR_ARG(name));
	*section = name;
	return name;
}

/* config/default.yaml has all settings but secrets, which it must not have. */
static void test_default_yaml_is_whole(void **state)
{
	struct world *w = *state;
	struct str text = { 0 }, line = { 0 }, section = STR("");
	bool seen[SETTING_COUNT] = { false };

	assert_int_equal(conf_read_file("config/default.yaml", w->arena, &text), 0);
	while (str_split(&text, '\n', &line)) {
		const struct setting *s = setting_find(line_key(line, &section, w->arena));

		if (s != NULL)
			seen[s - settings] = true;
	}
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (seen[i] == (settings[i].kind == SETTING_SECRET))
			fail_msg("config/default.yaml: %s", settings[i].key.p);
}

/* config/ is what the table says. */
static void test_shipped_files(void **state)
{
	struct world *w = *state;
	char *none[] = { NULL }, *development[] = { "APP_ENV=development", NULL };
	char example[65536] = "";
	int fd = open("config/.env.example", O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, example, sizeof example - 1) > 0);
	close(fd);
	assert_string_equal(printed(w, print_env), example);

	assert_true(load(w, NO_ENV));
	const char *presets = printed(w, conf_print);

	assert_true(conf_load("config", none, w->arena, &w->conf, &w->faults));
	assert_string_equal(printed(w, conf_print), presets);
	assert_true(conf_load("config", development, w->arena, &w->conf, &w->faults));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_presets),	  TEST(test_precedence),
		TEST(test_durations),	  TEST(test_duration_text),
		TEST(test_folders),	  TEST(test_file_variables),
		TEST(test_alias),	  TEST(test_print),
		TEST(test_shipped_files), TEST(test_default_yaml_is_whole),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
