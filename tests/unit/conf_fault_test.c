/* SPDX-License-Identifier: MIT */
/* Every message about a wrong setting, and that none tells a secret. */
#include "conf_world.h"

#include <sys/stat.h>

static const struct {
	struct str yaml;
	const char *faults;
} yaml_rows[] = {
	/* What is fine. */
	{ STR(""), "" },
	{ STR("---\n"), "" },
	{ STR("# nothing\n"), "" },
	{ STR("\xef\xbb\xbfserver: {workers: 1}\n"), "" },
	{ STR("server:\nlog: ~\n"), "" },
	{ STR("server.workers: 1\n"), "" },
	{ STR("jwt_secret: 12345678901234567890123456789012\njwt: {issuer: 'true'}\n"), "" },
	{ STR("server: {request_timeout: \"5s\"}\ndatabase: {pipeline: false}\n"), "" },
	/* Keys. */
	{ STR("server:\n  workrs: 1\n"),
	  "default.yaml:2: server.workrs: unknown key; did you mean server.workers?" },
	{ STR("jwt: {secret: x}\n"),
	  "default.yaml:1: jwt.secret: unknown key; did you mean jwt_secret?" },
	{ STR("max_connections: 5\n"),
	  "default.yaml:1: max_connections: unknown key; did you mean database.max_connections?" },
	{ STR("\nsomething:\n  else: 1\n"),
	  "default.yaml:3: something.else: unknown key; \"postern config\" lists all" },
	{ STR("\"a\\e\\u009b\\0b\": 1\n"),
	  "default.yaml:1: a\\x1b\\xc2\\x9b\\x00b: unknown key; \"postern config\" lists all" },
	{ STR("\"server\\0\": {workers: 1}\n"),
	  "default.yaml:1: server\\x00.workers: unknown key; did you mean server.workers?" },
	{ STR("server:\n  workers: 1\nlog: {filter: info}\nserver:\n  backlog: 1\n"),
	  "default.yaml:4: server: already given in line 1" },
	{ STR("server:\n  workers: 1\n  workers: 2\n"),
	  "default.yaml:3: server.workers: already given in line 2" },
	{ STR("server: {workers: 1}\nserver.workers: 2\n"),
	  "default.yaml:2: server.workers: already given in line 1" },
	{ STR("[a]: 1\n? {b: c}\n: [2]\nserver: {workers: 99}\n"),
	  "default.yaml:1: a key must be plain text\ndefault.yaml:2: a key must be plain text\n"
	  "default.yaml:4: server.workers: must be a whole number from 0 to 64, not \"99\"" },
	/* Values. */
	{ STR("server:\n  workers: many\n"),
	  "default.yaml:2: server.workers: must be a whole number from 0 to 64, not \"many\"" },
	{ STR("server:\n  workers: 1.0\n"),
	  "default.yaml:2: server.workers: must be a whole number from 0 to 64, not \"1.0\"" },
	{ STR("server:\n  workers: \"1\"\n"),
	  "default.yaml:2: server.workers: must be a whole number from 0 to 64, without quotes" },
	{ STR("server:\n  workers:\n  backlog: 1\n"),
	  "default.yaml:2: server.workers: has no value; must be a whole number from 0 to 64" },
	{ STR("server:\n  workers: {a: [1, {b: 2}]}\n  backlog: 0\n"),
	  "default.yaml:2: server.workers: must be a whole number from 0 to 64, not a map\n"
	  "default.yaml:3: server.backlog: must be a whole number from 1 to 4096, not \"0\"" },
	{ STR("server: 5\n"), "default.yaml:1: server: must be a map of settings, not one value" },
	{ STR("server:\n  request_timeout: 10\n"),
	  "default.yaml:2: server.request_timeout: needs a unit (ms, s, m, h or d): \"10s\" is 10 "
	  "seconds" },
	{ STR("database: {pipeline: yes}\n"),
	  "default.yaml:1: database.pipeline: must be true or false, not \"yes\"" },
	{ STR("database: {pipeline: 'true'}\n"),
	  "default.yaml:1: database.pipeline: must be true or false, without quotes" },
	{ STR("jwt: {issuer: \"\"}\n"),
	  "default.yaml:1: jwt.issuer: must be one line of text, 1 to 255 bytes, not \"\"" },
	{ STR("jwt:\n  issuer: \"a\\nb\"\n"),
	  "default.yaml:2: jwt.issuer: must be one line of text, 1 to 255 bytes, not \"a\\x0ab\"" },
	{ STR("jwt_secret: |\n  " SECRET "\n"),
	  "default.yaml:1: jwt_secret: must be one line of text, 0 to 1024 bytes" },
	{ STR("jwt_secret:\n  " SECRET ": \n"),
	  "default.yaml:1: jwt_secret: must be one line of text, 0 to 1024 bytes, not a map" },
	/* What YAML has and settings do not need. */
	{ STR("server: [1, [2], {a: b}]\nlog: {format: json, filter: [info]}\n"),
	  "default.yaml:1: server: lists are not allowed; no setting is one\n"
	  "default.yaml:2: log.filter: lists are not allowed; no setting is one" },
	{ STR("server: &s {workers: 1}\nlog: *s\n"),
	  "default.yaml:1: server: anchors (&name) are not allowed\n"
	  "default.yaml:2: log: aliases (*name) are not allowed; write the value out" },
	{ STR("server: {workers: !!int 1}\n"),
	  "default.yaml:1: server.workers: tags (!name) are not allowed" },
	{ STR("!x {server: {workers: 1}}\n"), "default.yaml:1: tags (!name) are not allowed" },
	{ STR("- a\n"), "default.yaml:1: lists are not allowed; no setting is one" },
	{ STR("log: {format: xml}\n"),
	  "default.yaml:1: log.format: must be json, text or auto, not \"xml\"" },
	{ STR("log: {format: \"json\"}\n"), "" },
	{ STR("a\n"), "default.yaml:1: must be a map: \"key: value\" lines" },
	{ STR("server: {workers: 1}\n---\nlog: {filter: x}\n"),
	  "default.yaml:2: only one document is allowed in a file" },
	{ STR("a: {b: {c: {d: {e: 1}}}}\n"), "default.yaml:1: a.b.c.d: nested too deep" },
	{ STR("server:\n  workers: 1\n bad: 2\n"),
	  "default.yaml:3: not YAML: while parsing a block mapping, did not find expected key" },
	{ STR("server:\n  listen: \xff\n"),
	  "default.yaml:2: not YAML: invalid leading UTF-8 octet" },
	{ STR("server:\n\tworkers: 1\n"), "default.yaml:2: not YAML: while scanning for the next "
					  "token, found character that cannot start any token" },
};

static void test_yaml(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(yaml_rows); i++) {
		write_file(w, "default.yaml", yaml_rows[i].yaml);
		assert_int_equal(load(w, NO_ENV), *yaml_rows[i].faults == '\0');
		assert_string_equal(told(w), yaml_rows[i].faults);
	}
}

static void test_yaml_bounds(void **state)
{
	struct world *w = *state;
	size_t n = 70000;
	char *text = arena_alloc(w->arena, n);

	for (size_t i = 0; i + 5 <= n; i += 5)
		memcpy(text + i, "a: 1\n", 5);
	write_file(w, "default.yaml", (struct str){ text, 60000 });
	assert_false(load(w, NO_ENV));
	assert_int_equal(w->faults.n, 41);
	assert_non_null(strstr(w->faults.last->text.p, "too many faults, the rest is not read"));

	write_file(w, "default.yaml", (struct str){ text, n });
	assert_false(load(w, NO_ENV));
	assert_string_equal(told(w), "default.yaml: cannot be read: larger than 64 KiB");

	memset(text, '[', n);
	write_file(w, "default.yaml", (struct str){ text, 60000 });
	assert_false(load(w, NO_ENV));
	assert_string_equal(told(w), "default.yaml:1: lists are not allowed; no setting is one\n"
				     "default.yaml:1: nested too deep, the rest is not read");
	memset(text, 'k', n);
	write_file(w, "default.yaml", (struct str){ text, 60000 });
	assert_false(load(w, NO_ENV));
}

static const struct {
	const char *env[ENV_MAX];
	const char *faults;
} env_rows[] = {
	{ { "APP__SERVER__WORKERS=64", "APP_NAME=x", "APP=1", "app__x=1" }, "" },
	{ { "APP__JWT_SECRET=" }, "" },
	{ { "APP_ENV=", "DATABASE_URL=" }, "" },
	{ { "APP_ENV=default" }, "" },
	{ { "APP__SERVER__WORKERS=65" },
	  "APP__SERVER__WORKERS: must be a whole number from 0 to 64, not \"65\"" },
	{ { "APP__SERVER__WORKERS=" },
	  "APP__SERVER__WORKERS: must be a whole number from 0 to 64, not \"\"" },
	{ { "APP__SERVER__WORKERS= 1" },
	  "APP__SERVER__WORKERS: must be a whole number from 0 to 64, not \" 1\"" },
	{ { "APP__DATABASE__PIPELINE=TRUE" },
	  "APP__DATABASE__PIPELINE: must be true or false, not \"TRUE\"" },
	{ { "APP__JWT__ALGORITHM=ES512" },
	  "APP__JWT__ALGORITHM: must be HS256, ES256 or RS256, not \"ES512\"" },
	{ { "APP__JWT__ALGORITHM=es256" },
	  "APP__JWT__ALGORITHM: must be HS256, ES256 or RS256, not \"es256\"" },
	{ { "APP__JWT__ALGORITHM=" },
	  "APP__JWT__ALGORITHM: must be HS256, ES256 or RS256, not \"\"" },
	{ { "APP__MAIL__AUTH=plain" },
	  "APP__MAIL__AUTH: must be PLAIN/LOGIN, PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256 or NTLM,"
	  " not \"plain\"" },
	{ { "APP__JWT__ISSUER=a\xff\x1b" },
	  "APP__JWT__ISSUER: must be one line of text, 1 to 255 bytes, not \"a\\xff\\x1b\"" },
	{ { "APP__JWT__ISSUER=\xc3\xbc\xc2\x9b\xc2\xa3\n" },
	  "APP__JWT__ISSUER: must be one line of text, 1 to 255 bytes, not "
	  "\"\xc3\xbc\\xc2\\x9b\xc2\xa3\\x0a\"" },
	{ { "APP__SERVER__USER=0123456789012345678901234567890123456789012345678901234567890"
	    "12\xc3\xbcx" },
	  "APP__SERVER__USER: must be one line of text, 1 to 32 bytes, not "
	  "\"012345678901234567890123456789012345678901234567890123456789012...\"" },
	{ { "APP__SERVER__REQUEST_TIMEOUT=3" },
	  "APP__SERVER__REQUEST_TIMEOUT: needs a unit (ms, s, m, h or d): \"3s\" is 3 seconds" },
	{ { "APP__JWT__SECRET=" SECRET },
	  "APP__JWT__SECRET: unknown setting; did you mean APP__JWT_SECRET?" },
	{ { "APP__JWT__SECRET_FILE=/x" },
	  "APP__JWT__SECRET_FILE: unknown setting; did you mean APP__JWT_SECRET_FILE?" },
	{ { "APP__WORKERS=1" },
	  "APP__WORKERS: unknown setting; did you mean APP__SERVER__WORKERS?" },
	{ { "APP__server__workers=1" },
	  "APP__server__workers: unknown setting; did you mean APP__SERVER__WORKERS?" },
	{ { "APP__=1", "APP___FILE=2" },
	  "APP__: unknown setting; \"postern config\" lists all\n"
	  "APP___FILE: unknown setting; \"postern config\" lists all" },
	{ { "APP__NOTHING__LIKE_THAT=1" },
	  "APP__NOTHING__LIKE_THAT: unknown setting; \"postern config\" lists all" },
	{ { "APP__JWT_SECRET=" SECRET, "APP__JWT_SECRET_FILE=/x" },
	  "APP__JWT_SECRET: given together with APP__JWT_SECRET_FILE; unset one of them" },
	{ { "APP__JWT_SECRET_FILE=/nowhere/" SECRET },
	  "APP__JWT_SECRET_FILE: the file it names cannot be read: No such file or directory" },
	{ { "APP__JWT_SECRET_FILE=" },
	  "APP__JWT_SECRET_FILE: the file it names cannot be read: No such file or directory" },
	{ { "APP__JWT_SECRET_FILE=/" },
	  "APP__JWT_SECRET_FILE: the file it names cannot be read: Is a directory" },
	{ { "APP__JWT_SECRET_FILE=/dev/zero" },
	  "APP__JWT_SECRET_FILE: the file it names cannot be read: not a regular file" },
	{ { "DATABASE_URL=postgres:\n" },
	  "DATABASE_URL: must be one line of text, 0 to 4096 bytes" },
	{ { "APP_ENV=../etc/passwd" },
	  "APP_ENV: must be a name of letters, digits, _ and -, not \"../etc/passwd\"" },
	{ { "APP_ENV=a.b" }, "APP_ENV: must be a name of letters, digits, _ and -, not \"a.b\"" },
};

static void test_environment(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(env_rows); i++) {
		assert_int_equal(load(w, env_rows[i].env), *env_rows[i].faults == '\0');
		assert_string_equal(told(w), env_rows[i].faults);
	}
}

/* A secret where it does not belong must not come back in a message. */
static void test_faults_hide_secrets(void **state)
{
	static const struct str yaml[] = {
		STR("jwt_secret: [" SECRET "]\n"),
		STR("jwt_secret:\n  key: " SECRET "\n"),
		STR("jwt_secret: !t " SECRET "\n"),
		STR("jwt_secret: \"" SECRET "\n"),
		STR("jwt_secret: \"" SECRET "\\n\"\n"),
		STR("jwt_secret:" SECRET "\n"),
		STR("jwt_secret: a\njwt_secret: " SECRET "\n"),
		STR("jwt_secert: " SECRET "\n"),
		STR("database: {url: {" SECRET ": x}}\n"),
	};
	static const char *const env[] = { "APP__JWT_SECRET=" SECRET "\n", "APP__JWT_SECRT=" SECRET,
					   "APP__JWT_SECRET_FILE=" SECRET,
					   "DATABASE_URL=" SECRET "\t" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(yaml); i++) {
		write_file(w, "default.yaml", yaml[i]);
		assert_false(load(w, NO_ENV));
		assert_null(strstr(told(w), SECRET));
	}
	remove_file(w, "default.yaml");
	for (size_t i = 0; i < COUNT(env); i++) {
		assert_false(load(w, (const char *const[ENV_MAX]){ env[i] }));
		assert_null(strstr(told(w), SECRET));
	}
}

static const struct {
	struct str text;
	const char *fault; /* "": none */
} file_rows[] = {
	{ STR(SECRET), "" },
	{ STR(SECRET "\n"), "" },
	{ STR(SECRET "\r\n"), "" },
	{ STR(""), "is empty" },
	{ STR("\n"), "is empty" },
	{ STR("\r\n"), "is empty" },
	{ STR(SECRET "\n\n"), "holds more than one line; one newline may end it" },
	{ STR("\n" SECRET), "holds more than one line; one newline may end it" },
	{ STR("# mine\n" SECRET "\n"), "holds more than one line; one newline may end it" },
	{ STR(SECRET "\0"), "holds a NUL byte; it must be plain text, in UTF-8" },
	{ STR("\0\n"), "holds a NUL byte; it must be plain text, in UTF-8" },
	{ STR("s\0e\0c\0r\0e\0t\0\n\0"), "holds a NUL byte; it must be plain text, in UTF-8" },
};

/* One is named by a variable, found by its name in the folder of the settings, or in server.state.
 */
static void test_files(void **state)
{
	struct world *w = *state;
	struct str named = arena_printf(w->arena, "APP__JWT_SECRET_FILE=%s", path_of(w, "secret"));
	struct str folder = arena_printf(w->arena, "APP__SERVER__STATE=%s", w->dir);
	const struct {
		const char *name, *called;
		const char *env[ENV_MAX];
	} places[] = {
		{ "secret", "APP__JWT_SECRET_FILE: the file it names", { named.p } },
		{ "jwt_secret",
		  arena_printf(w->arena, "jwt_secret: %s", path_of(w, "jwt_secret")).p,
		  { NULL } },
		/* Set to nothing, it is not looked for in the folder of the settings. */
		{ "secret_key",
		  arena_printf(w->arena, "secret_key: %s", path_of(w, "secret_key")).p,
		  { folder.p, "APP__SECRET_KEY=" } },
	};

	for (size_t i = 0; i < COUNT(file_rows) * COUNT(places); i++) {
		const char *fault = file_rows[i / COUNT(places)].fault;
		size_t at = i % COUNT(places);
		bool good = *fault == '\0';

		write_file(w, places[at].name, file_rows[i / COUNT(places)].text);
		assert_int_equal(chmod(path_of(w, places[at].name), 0600), 0);
		assert_int_equal(load(w, places[at].env), good);
		assert_string_equal(
			told(w),
			good ? "" : arena_printf(w->arena, "%s %s", places[at].called, fault).p);
		remove_file(w, places[at].name);
	}
}

#define URL "DATABASE_URL=postgresql://localhost/postern"
#define SEALING "APP__SECRET_KEY=01234567890123456789012345678901"
#define HOW                                                                                        \
	"make one with \"openssl rand -base64 48\" and set APP__JWT_SECRET, or "                   \
	"APP__JWT_SECRET_FILE to a file with it"

static const struct {
	const char *env[ENV_MAX];
	const char *faults;
} check_rows[] = {
	{ { JWT, URL }, "" },
	{ { URL }, "jwt_secret: not set; " HOW },
	{ { URL, "APP__JWT_SECRET=0123456789012345678901234567890" },
	  "jwt_secret: shorter than 32 bytes; " HOW },
	{ { URL, "APP__JWT_SECRET=01234567890123456789012345678901" }, "" },
	{ { JWT },
	  "database.url: not set; set APP__DATABASE__URL or DATABASE_URL, as in "
	  "postgresql://user@host/database" },
	{ { JWT, URL, "APP__JWT__ALGORITHM=RS256" }, "" },
	/* Everything is made of secret_key, and nothing is left for jwt_secret. */
	{ { URL, "APP__JWT__ALGORITHM=ES256", SEALING }, "" },
	{ { URL, SEALING }, "jwt_secret: not set; " HOW },
	{ { URL, "APP__JWT__ALGORITHM=ES256" }, "jwt_secret: not set; " HOW },
	{ { JWT, URL, "APP__SECRET_KEY=0123456789012345678901234567890" },
	  "secret_key: shorter than 32 bytes; make one with \"openssl rand -base64 48\" and set "
	  "APP__SECRET_KEY, or APP__SECRET_KEY_FILE to a file with it" },
	{ { JWT, URL, "APP__KEYS__ROTATE_AFTER=59m" },
	  "keys.publish_ahead: 1h is longer than keys.rotate_after, 59m; lower the first or raise "
	  "the second" },
	{ { JWT, URL, "APP__KEYS__ROTATE_AFTER=0s" }, "" },
	{ { JWT, URL, "APP__PASSWORD__MEMORY_KIB=19455" },
	  "password.memory_kib: 19455 is below OWASP's minimum for Argon2id; with password.passes"
	  " 2 set it to at least 19456" },
	{ { JWT, URL, "APP__PASSWORD__PASSES=1", "APP__PASSWORD__MEMORY_KIB=47103" },
	  "password.memory_kib: 47103 is below OWASP's minimum for Argon2id; with password.passes"
	  " 1 set it to at least 47104" },
	{ { JWT, URL, "APP__PASSWORD__PASSES=1", "APP__PASSWORD__MEMORY_KIB=47104" }, "" },
	{ { JWT, URL, "APP__PASSWORD__PASSES=3", "APP__PASSWORD__MEMORY_KIB=12288" }, "" },
	{ { JWT, URL, "APP__PASSWORD__PASSES=10", "APP__PASSWORD__MEMORY_KIB=12287" },
	  "password.memory_kib: 12287 is below OWASP's minimum for Argon2id; with password.passes"
	  " 10 set it to at least 12288" },
	{ { JWT, URL, "APP__LOG__FILTER=loud" },
	  "log.filter: \"loud\" is no filter; write a level (error, warn, info, debug), then "
	  "module=level, as in info,db=debug" },
	{ { JWT, URL, "APP__SERVER__WORKERS=4", "APP__DATABASE__MAX_CONNECTIONS=9" },
	  "database.max_connections: 9 is too few for 4 workers and 1 couriers, which need 2 each; "
	  "set it to at least 10, or lower server.workers" },
	{ { JWT, URL, "APP__SERVER__WORKERS=4", "APP__DATABASE__MAX_CONNECTIONS=10" }, "" },
	{ { JWT, URL, "APP__SERVER__WORKERS=4", "APP__DATABASE__MAX_CONNECTIONS=8",
	    "APP__SERVER__COURIERS=0" },
	  "" },
	{ { JWT, URL, "APP__SERVER__WORKERS=0", "APP__DATABASE__MAX_CONNECTIONS=4" }, "" },
	{ { JWT, URL, "APP__DATABASE__STATEMENT_TIMEOUT=10001ms" },
	  "database.statement_timeout: 10001ms is longer than server.request_timeout, 10s; lower "
	  "the "
	  "first or raise the second" },
	{ { JWT, URL, "APP__DATABASE__ACQUIRE_TIMEOUT=11s" },
	  "database.acquire_timeout: 11s is longer than server.request_timeout, 10s; lower the "
	  "first or raise the second" },
	{ { JWT, URL, "APP__DATABASE__LOCK_TIMEOUT=6s" },
	  "database.lock_timeout: 6s is longer than database.statement_timeout, 5s; lower the "
	  "first or raise the second" },
};

static void test_check(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(check_rows); i++) {
		assert_true(load(w, check_rows[i].env));
		assert_int_equal(conf_check(&w->conf, w->arena, &w->faults),
				 *check_rows[i].faults == '\0');
		assert_string_equal(told(w), check_rows[i].faults);
	}
}

static void test_memory(void **state)
{
	struct world *w = *state;

	assert_true(load(w, (const char *const[ENV_MAX]){ JWT, URL }));
	w->conf.server_keepers = 64;
	w->conf.password_memory_kib = (int64_t)1 << 40; /* more than any machine has */
	assert_false(conf_check(&w->conf, w->arena, &w->faults));
	assert_int_equal(w->faults.n, 1);
	assert_non_null(strstr(told(w), "server.keepers: 64 keepers of 1099511627776 KiB"));
	w->conf.server_keepers = 0;
	assert_int_equal(conf_keepers(&w->conf), 1);
	w->conf.server_workers = 0;
	w->conf.database_max_connections = 3;
	assert_int_equal(conf_workers(&w->conf), 1);
	w->conf.server_workers = 9;
	assert_int_equal(conf_workers(&w->conf), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_yaml),	TEST(test_yaml_bounds),
		TEST(test_environment), TEST(test_faults_hide_secrets),
		TEST(test_files),	TEST(test_check),
		TEST(test_memory),
	};

	return cmocka_run_group_tests_name("conf_fault", tests, NULL, NULL);
}
