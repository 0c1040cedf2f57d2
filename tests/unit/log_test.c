/* SPDX-License-Identifier: MIT */
/* What a line says. */
#include "log_tap.h"

static void test_json(void **state)
{
	struct tap *t = *state;
	struct log_context context = { .request_id = STR("r1"), .route = STR("user_get") };
	struct log_request request = { STR("GET"), STR("/api/v1/me"), { 0 }, 200, 1234 };

	log_context(&context);
	log_warn("db", "%d lanes \"lost\"", 3);
	context.user_id = STR("u1");
	log_request(&request);
	log_context(NULL);
	request.code = STR("not-found");
	log_request(&request);

	const char *rest = flushed(t);
	const char *const expected[] = {
		"\",\"level\":\"warn\",\"module\":\"db\",\"request_id\":\"r1\",\"route\":\"user_"
		"get\","
		"\"message\":\"3 lanes \\\"lost\\\"\"}\n",
		"\",\"level\":\"info\",\"module\":\"http\",\"request_id\":\"r1\",\"user_id\":"
		"\"u1\","
		"\"route\":\"user_get\",\"method\":\"GET\",\"path\":\"/api/v1/me\",\"status\":200,"
		"\"duration_us\":1234,\"message\":\"request\"}\n",
		"\",\"level\":\"info\",\"module\":\"http\",\"method\":\"GET\",\"path\":\"/api/v1/"
		"me\","
		"\"status\":200,\"duration_us\":1234,\"code\":\"not-found\",\"message\":"
		"\"request\"}\n"
	};

	for (size_t i = 0; i < COUNT(expected); i++) {
		const char *line = rest;
		size_t head = strlen("{\"time\":\"2026-11-22T12:34:56.123456Z");

		json_decref(parse_line(&rest));
		assert_memory_equal(line, "{\"time\":\"2", 10);
		assert_int_equal(line[head - 1], 'Z');
		assert_int_equal((size_t)(rest - line), head + strlen(expected[i]));
		assert_memory_equal(line + head, expected[i], strlen(expected[i]));
	}
	assert_string_equal(rest, "");
}

static void test_filters(void **state)
{
	static const char *const valid[] = { "info",
					     "error",
					     "warn,db=debug",
					     "db=debug",
					     " info , db=debug",
					     "a-b_9=error,debug" };
	static const char *const malformed[] = { "",	    "loud",
						 "INFO",    "info,",
						 ",info",   "info,warn",
						 "db=",	    "=debug",
						 "db=loud", "db=debug=1",
						 "D=info",  "db=debug,db=info",
						 "info;db", "seventeen-letters=info" };

	(void)state;
	for (size_t i = 0; i < COUNT(valid); i++)
		assert_true(log_filter_valid(str_from(valid[i])));
	for (size_t i = 0; i < COUNT(malformed); i++) {
		assert_false(log_filter_valid(str_from(malformed[i])));
		assert_false(log_configure(str_from(malformed[i]), LOG_JSON));
	}
	assert_false(log_filter_valid((struct str){ 0 }));
	assert_true(log_wants(LOG_DEBUG, "db"));
}

static void test_modules(void **state)
{
	struct tap *t = *state;

	assert_true(log_configure(STR("warn,db=debug,http=error"), LOG_JSON));
	assert_true(log_wants(LOG_WARN, "serve"));
	assert_false(log_wants(LOG_INFO, "serve"));
	assert_true(log_wants(LOG_DEBUG, "db"));
	assert_false(log_wants(LOG_DEBUG, "d"));
	assert_false(log_wants(LOG_WARN, "http"));
	log_request(&(struct log_request){ STR("GET"), STR("/"), { 0 }, 200, 1 });
	log_info("serve", "no");
	log_debug("db", "yes");
	assert_non_null(strstr(flushed(t), "\"message\":\"yes\""));
	assert_null(strstr(t->text, "\"no\""));
	assert_null(strstr(t->text, "request"));
	/* Without a level for all the others are at info. */
	assert_true(log_configure(STR("db=error"), LOG_JSON));
	assert_true(log_wants(LOG_INFO, "http"));
}

static void test_hostile_values(void **state)
{
	static const struct {
		struct str in;
		const char *json, *parsed;
	} rows[] = {
		{ STR("a\nb\r\t\x1b[31m\x7f"), "a\\nb\\u000d\\u0009\\u001b[31m\\u007f",
		  "a\nb\r\t\x1b[31m\x7f" },
		{ STR("\"}\\"), "\\\"}\\\\", "\"}\\" },
		{ STR("\xff\xc3"), "\\\\xff\\\\xc3", "\\xff\\xc3" },
		{ STR("\x80 \xed\xa0\x80"), "\\\\x80 \\\\xed\\\\xa0\\\\x80",
		  "\\x80 \\xed\\xa0\\x80" },
		{ STR("\xc2\x9b\xc2\xa0"), "\\u009b\xc2\xa0", "\xc2\x9b\xc2\xa0" },
		{ STR("\xe2\x80\xae\xe2\x80\xa8"), "\\u202e\\u2028", "\xe2\x80\xae\xe2\x80\xa8" },
		{ STR("Zo\xc3\xab \xf0\x9f\x98\x80 \xe4\xbd\xa0"),
		  "Zo\xc3\xab \xf0\x9f\x98\x80 \xe4\xbd\xa0",
		  "Zo\xc3\xab \xf0\x9f\x98\x80 \xe4\xbd\xa0" },
	};
	struct tap *t = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_context context = { .request_id = rows[i].in };
		char wanted[128] = "";

		log_context(&context);
		log_info("x", "%.*s", STR_ARG(rows[i].in));
		log_context(NULL);

		const char *rest = flushed(t);
		json_t *line = parse_line(&rest);

		assert_string_equal(rest, "");
		assert_string_equal(text_of(line, "message"), rows[i].parsed);
		assert_string_equal(text_of(line, "request_id"), rows[i].parsed);
		snprintf(wanted, sizeof wanted, "\"message\":\"%s\"}", rows[i].json);
		assert_non_null(strstr(t->text, wanted));
		json_decref(line);
	}
}

static void test_long_values(void **state)
{
	static const char *const patterns[] = {
		"a",	"\xc3\xab", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80",
		"\x01", "\xff",	    "\"",	    "a\xc3\xab\n"
	};
	struct tap *t = *state;
	static char text[20001];

	for (size_t i = 0; i < COUNT(patterns) * 4; i++) {
		struct str v = filled(text, 20000, patterns[i / 4], i % 4);
		struct log_context context = { v, v, v };

		log_context(&context);
		log_info("quite-a-long-module-name", "%s", text);
		log_request(&(struct log_request){ v, v, v, -2147483647 - 1, INT64_MIN });
		log_context(NULL);

		const char *rest = flushed(t);
		json_t *line = parse_line(&rest);
		const char *message = text_of(line, "message");

		assert_true(rest - t->text <= 3072);
		assert_true(strlen(message) <= 2051);
		assert_string_equal(message + strlen(message) - 3, "...");
		json_decref(line);
		line = parse_line(&rest);
		assert_string_equal(rest, "");
		assert_string_equal(text_of(line, "message"), "request");
		assert_true(strlen(text_of(line, "path")) <= 1027);
		json_decref(line);
	}
}

static void test_longest_whole_message(void **state)
{
	struct tap *t = *state;
	char text[2050] = "";

	filled(text, 2048, "m", 0);
	log_info("x", "%s", text);
	assert_non_null(strstr(flushed(t), "mmm\"}\n"));
	filled(text, 2049, "m", 0);
	log_info("x", "%s", text);
	assert_non_null(strstr(flushed(t), "mmm...\"}\n"));
}

static void test_text(void **state)
{
	struct tap *t = *state;
	struct log_context context = { .request_id = STR("r 1\""), .route = STR("user_get") };

	assert_true(log_configure(STR("debug"), LOG_TEXT));
	log_context(&context);
	log_error("db", "lost \"it\"\n\x1b[0m");
	log_context(NULL);
	assert_string_equal(arrived(t) + strlen("12:34:56.123"),
			    " error db: lost \"it\"\\n\\u001b[0m request_id=\"r 1\\\"\" "
			    "route=user_get\n");
	assert_int_equal(t->text[2], ':');
	assert_int_equal(t->text[8], '.');
	log_request(&(struct log_request){ STR("GET"), STR("/a"), STR(""), 404, 7 });
	assert_string_equal(flushed(t) + strlen("12:34:56.123"),
			    " info  http: request method=GET path=/a status=404 duration_us=7 "
			    "code=\"\"\n");
}

static void test_auto_and_colours(void **state)
{
	struct tap *t = *state;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), side = -1;
	char text[256] = "";

	assert_true(log_configure(STR("info"), LOG_AUTO));
	log_info("x", "piped");
	assert_memory_equal(flushed(t), "{", 1);

	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(side >= 0);
	dup2(side, STDERR_FILENO);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(log_configure(STR("info"), LOG_AUTO));
	log_error("x", "red");
	assert_true(read(terminal, text, sizeof text - 1) > 0);
	assert_non_null(strstr(text, " \033[31merror\033[0m x: red"));
	memset(text, 0, sizeof text);
	setenv("NO_COLOR", "1", 1);
	assert_true(log_configure(STR("info"), LOG_AUTO));
	log_error("x", "plain");
	assert_true(read(terminal, text, sizeof text - 1) > 0);
	assert_non_null(strstr(text, " error x: plain"));
	dup2(t->out, STDERR_FILENO);
	close(side);
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_json),	TEST(test_filters),
		TEST(test_modules),	TEST(test_hostile_values),
		TEST(test_long_values), TEST(test_longest_whole_message),
		TEST(test_text),	TEST(test_auto_and_colours),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
