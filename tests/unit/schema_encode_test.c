/* SPDX-License-Identifier: MIT */
/* What the JSON side writes: objects, lists, JSON Schema; faults. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "schema/fault.h"
#include "schema/json.h"

struct user_id {
	struct uuid id;
};

#define FIELD_KIND_IDS struct user_id : KIND_UUID,
#define FIELD_KIND_ENUMS
#define FIELD_VOCABULARIES

struct user {
	struct user_id id;
	struct str name;
	struct secret password;
	int32_t age;
	int64_t wide;
	bool active;
	struct instant at;
};

SCHEMA(user, user, FIELD(user, id), FIELD(user, name, .optional = true), FIELD(user, password),
       FIELD(user, age), FIELD(user, wide), FIELD(user, active), FIELD(user, at));

struct hidden {
	struct secret password;
};

SCHEMA(hidden, hidden, FIELD(hidden, password));

static struct arena *arena_of(void **state)
{
	return *state;
}

static int setup(void **state)
{
	*state = arena_make(1 << 20, NULL, NULL);
	return *state == NULL;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void test_encode(void **state)
{
	struct buf b = buf_make(arena_of(state), 1);
	struct user u = { .name = STR("a\"b\\c/\b\n\r\t\x01\x7f\u00e9\U0001f600"),
			  .password = { "hunter22", 8 },
			  .age = INT32_MIN,
			  .wide = INT64_MAX,
			  .active = true,
			  .at = { 1 } };

	assert_true(uuid_parse(STR("0192f0c1-2345-7abc-8def-0123456789AB"), &u.id.id));
	json_encode(&user_schema, &u, &b);
	assert_string_equal(buf_str(&b).p,
			    "{\"id\":\"0192f0c1-2345-7abc-8def-0123456789ab\","
			    "\"name\":\"a\\\"b\\\\c/\\u0008\\n\\r\\t\\u0001\x7f\u00e9\U0001f600\","
			    "\"age\":-2147483648,\"wide\":9223372036854775807,\"active\":true,"
			    "\"at\":\"1970-01-01T00:00:00.000001Z\"}");
}

static void test_encode_nulls(void **state)
{
	static const struct user users[] = { { .wide = INT64_MIN, .at = { INT64_MIN } },
					     { .name = { "", 0 }, .at = { 0 } } };
	struct hidden hidden = { { "hunter22", 8 } };
	struct buf b = buf_make(arena_of(state), 1);

	json_encode_list(&user_schema, users, 2, &b);
	json_encode_list(&user_schema, users, 0, &b);
	json_encode_list(&hidden_schema, &hidden, 1, &b);
	assert_string_equal(buf_str(&b).p,
			    "[{\"age\":0,\"wide\":-9223372036854775808,\"active\":false},"
			    "{\"name\":\"\",\"age\":0,\"wide\":0,\"active\":false,"
			    "\"at\":\"1970-01-01T00:00:00.000000Z\"}][][{}]");
}

/* Every character survives being written, read by jansson and compared. */
static void test_encode_characters(void **state)
{
	for (unsigned c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 251) {
		char utf8[4] = { 0 };
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		for (size_t i = 0; i < n; i++)
			utf8[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
		utf8[0] = (char)(lead[n] | c >> 6 * (n - 1));

		struct user u = { .name = { utf8, n } };
		struct buf b = buf_make(arena_of(state), 256);

		json_encode(&user_schema, &u, &b);
		json_t *back = json_loadb(b.p, b.n, 0, NULL);
		const json_t *name = json_object_get(back, "name");

		assert_int_equal(json_string_length(name), n);
		assert_memory_equal(json_string_value(name), utf8, n);
		json_decref(back);
		arena_reset(arena_of(state));
	}
}

static void test_numbers(void **state)
{
	static const struct {
		int64_t v;
		const char *text;
	} rows[] = { { 0, "0" },
		     { 7, "7" },
		     { -1, "-1" },
		     { 10, "10" },
		     { -90, "-90" },
		     { INT64_MAX, "9223372036854775807" },
		     { INT64_MIN + 1, "-9223372036854775807" },
		     { INT64_MIN, "-9223372036854775808" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = buf_make(arena_of(state), 1);

		buf_i64(&b, rows[i].v);
		assert_string_equal(buf_str(&b).p, rows[i].text);
	}
}

static void schema_is(bool input, const char *want)
{
	json_t *got = json_schema(&user_schema, input, NULL, NULL),
	       *wanted = json_loads(want, 0, NULL);
	char *text = json_dumps(got, 0);

	assert_non_null(wanted);
	if (!json_equal(got, wanted))
		fail_msg("%s", text);
	free(text);
	json_decref(got);
	json_decref(wanted);
}

static void test_schema(void **state)
{
	(void)state;
	schema_is(false, "{\"type\":\"object\",\"properties\":{"
			 "\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
			 "\"name\":{\"type\":\"string\"},"
			 "\"age\":{\"type\":\"integer\",\"format\":\"int32\"},"
			 "\"wide\":{\"type\":\"integer\",\"format\":\"int64\"},"
			 "\"active\":{\"type\":\"boolean\"},"
			 "\"at\":{\"type\":\"string\",\"format\":\"date-time\"}},"
			 "\"required\":[\"id\",\"age\",\"wide\",\"active\",\"at\"]}");
}

/* The pointer and the message are copies, and at most FAULTS_MAX are kept. */
static void test_faults(void **state)
{
	struct faults f = { 0 };
	char pointer[] = "/a";

	for (int i = 0; i < FAULTS_MAX + 5; i++)
		fault_add(&f, arena_of(state), (struct str){ pointer, 2 }, "fault %d", i);
	pointer[1] = 'b';
	assert_int_equal(f.n, FAULTS_MAX);
	assert_string_equal(f.first->pointer.p, "/a");
	assert_string_equal(f.first->message.p, "fault 0");
	assert_string_equal(f.last->message.p, "fault 31");
	assert_null(f.last->next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_encode, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encode_nulls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encode_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
		cmocka_unit_test(test_schema),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
