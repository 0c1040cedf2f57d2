/* SPDX-License-Identifier: MIT */
/* Lists, objects, enums and addresses of an input: what comes of them, and where each fault is. */
#include "http/decode.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/json.h"

enum color { COLOR_NONE, COLOR_RED, COLOR_GREEN };

static const struct str color_words[] = { { 0 }, { "red", 3 }, { "dark-green", 10 } };
static const struct vocabulary colors = { color_words, 3 };

#define FIELD_KIND_IDS
#define FIELD_KIND_ENUMS enum color : KIND_ENUM,
#define FIELD_VOCABULARIES enum color : &colors,

struct color_list {
	enum color *v;
	size_t n;
};

struct member {
	struct email email;
	enum color color;
	struct str_list tags;
};

SCHEMA(member, member, FIELD(member, email, .min = 1, .max_bytes = 40),
       FIELD(member, color, .optional = true),
       FIELD_LIST(member, tags, 2, .optional = true, .min = 1, .max = 3));

struct place {
	struct str city;
	struct uuid id;
};

SCHEMA(place, place, FIELD(place, city, .max = 9), FIELD(place, id, .optional = true));

struct member_list {
	struct member *v;
	size_t n;
};

struct number_list {
	int64_t *v;
	size_t n;
};

struct group {
	struct str name;
	struct member_list members;
	struct place *at;
	struct color_list colors;
	struct number_list numbers;
};

SCHEMA(group, group, FIELD(group, name, .optional = true, .max = 9),
       FIELD_OBJECTS(group, members, member, 3, .optional = true),
       FIELD_OBJECT(group, at, place, .optional = true),
       FIELD_LIST(group, colors, 2, .optional = true),
       FIELD_LIST(group, numbers, 3, .optional = true, .min_items = 1, .min = 1, .max = 5));

struct strict {
	struct member_list members;
	struct place *at;
};

SCHEMA(strict, strict, FIELD_OBJECTS(strict, members, member, 1), FIELD_OBJECT(strict, at, place));

static const struct route post = {
	.name = "group", .method = METHOD_POST, .path = "/groups", .in = &group_schema
};
static const struct route patch = {
	.name = "group_patch", .method = METHOD_PATCH, .path = "/groups", .in = &group_schema
};
static const struct route find = {
	.name = "group_find", .method = METHOD_GET, .path = "/groups", .in = &group_schema
};
static const struct route strict_post = {
	.name = "strict", .method = METHOD_POST, .path = "/stricts", .in = &strict_schema
};

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

/* Taken: what is written of it is `want`. Refused: `want` is "pointer|message" lines. */
static const struct row {
	const struct route *route;
	const char *body, *want;
} rows[] = {
	{ &post, "{}", "{}" },
	{ &post, "{\"members\":[],\"colors\":[]}", "{\"members\":[],\"colors\":[]}" },
	{ &post, "{\"members\":null,\"at\":null,\"colors\":null,\"numbers\":null}", "{}" },
	{ &post,
	  "{\"members\":[{\"email\":\"Ann@Ex.org\",\"color\":\"dark-green\",\"tags\":[\"a\",\"b\"]}"
	  ","
	  "{\"email\":\"b@ex.org\",\"tags\":[]}],\"at\":{\"city\":\"Ulm\"},"
	  "\"colors\":[\"red\",\"dark-green\"],\"numbers\":[1,5,3]}",
	  "{\"members\":[{\"email\":\"Ann@Ex.org\",\"color\":\"dark-green\",\"tags\":[\"a\",\"b\"]}"
	  ","
	  "{\"email\":\"b@ex.org\",\"tags\":[]}],\"at\":{\"city\":\"Ulm\"},"
	  "\"colors\":[\"red\",\"dark-green\"],\"numbers\":[1,5,3]}" },
	{ &post, "{\"members\":{},\"at\":[],\"colors\":\"red\",\"numbers\":1}",
	  "/members|members must be a list\n/at|at must be an object\n"
	  "/colors|colors must be a list\n/numbers|numbers must be a list" },
	{ &post, "{\"members\":[{},1,null,{}]}", "/members|members must have at most 3 items" },
	{ &post, "{\"numbers\":[]}", "/numbers|numbers must have at least 1 item" },
	{ &post, "{\"members\":[{},1,null]}",
	  "/members/0/email|members[0].email is required\n"
	  "/members/1|members[1] must be an object\n"
	  "/members/2|members[2] must be an object" },
	{ &post,
	  "{\"members\":[{\"email\":\"a@ex.org\"},"
	  "{\"email\":\"nobody\",\"color\":\"blue\",\"tags\":[\"\",1,\"long\"],\"size\":1}]}",
	  "/members/1/email|members[1].email must be a valid email address\n"
	  "/members/1/color|members[1].color must be one of red, dark-green\n"
	  "/members/1/tags|members[1].tags must have at most 2 items\n"
	  "/members/1/size|members[1].size is not known" },
	{ &post, "{\"members\":[{\"email\":\"\",\"tags\":[\"\",\"long\"]}]}",
	  "/members/0/email|members[0].email is required\n"
	  "/members/0/tags/0|members[0].tags[0] is required\n"
	  "/members/0/tags/1|members[0].tags[1] must be at most 3 characters" },
	{ &post, "{\"members\":[{\"email\":\"" X10 X10 X10 X10 "@ex.org\"}]}",
	  "/members/0/email|members[0].email must be at most 40 bytes" },
	{ &post, "{\"members\":[{\"email\":[]}]}",
	  "/members/0/email|members[0].email must be a string" },
	{ &post, "{\"at\":{}}", "/at/city|at.city is required" },
	{ &post, "{\"at\":{\"city\":null,\"id\":\"x\",\"a/b\":1,\"\":2,\"" X70 "\":3}}",
	  "/at/city|at.city is required\n/at/id|at.id must be a UUID\n"
	  "/at/a~1b|at.a/b is not known\n/at/|at.\"\" is not known\n"
	  "/at|at." X10 X10 X10 X10 X10 X10 "xxxx... is not known" },
	{ &post, "{\"colors\":[\"red\",\"Red\"],\"numbers\":[0,6,null]}",
	  "/colors/1|colors[1] must be one of red, dark-green\n"
	  "/numbers/0|numbers[0] must be between 1 and 5\n"
	  "/numbers/1|numbers[1] must be between 1 and 5\n"
	  "/numbers/2|numbers[2] must be a whole number" },
	{ &post, "{\"colors\":[[\"red\"]]}", "/colors/0|colors[0] must be a string" },
	/* A member twice, however deep, is found before. */
	{ &post, "{\"at\":{\"city\":\"a\",\"city\":\"b\"}}",
	  "/at/city|a member is given twice (line 1, column 24)" },
	{ &strict_post, "{}", "/members|members is required\n/at|at is required" },
	{ &strict_post, "{\"members\":[],\"at\":{\"city\":\"\"}}",
	  "{\"members\":[],\"at\":{\"city\":\"\"}}" },
	/* RFC 7396: what is null in an object of a patch is to be removed; a list is replaced. */
	{ &patch, "{\"at\":null}", "/at|at cannot be removed" },
	{ &patch, "{\"at\":{\"city\":\"a\",\"id\":null}}", "/at/id|at.id cannot be removed" },
	{ &patch, "{\"members\":[{\"email\":\"a@ex.org\",\"color\":null}]}",
	  "{\"members\":[{\"email\":\"a@ex.org\"}]}" },
};

static struct str faults_text(const struct faults *f, struct arena *a)
{
	struct buf b = buf_make(a, 256);

	for (const struct fault *i = f->first; i != NULL; i = i->next)
		buf_printf(&b, "%s%s|%s", i == f->first ? "" : "\n", i->pointer.p, i->message.p);
	return buf_str(&b);
}

static enum err decode(const struct route *r, struct str body, struct arena *a, struct faults *f,
		       void *out)
{
	struct route_match m = { .route = r };
	struct http_request request = { .method = r->method, .known = true, .body = body };

	return json_decode(r->in, &m, &request, a, f, out);
}

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_make(1 << 20, NULL, NULL);
		struct faults f = { 0 };
		union {
			struct group group;
			struct strict strict;
		} out = { 0 };
		struct buf b = buf_make(a, 64);
		enum err e = decode(rows[i].route, str_from(rows[i].body), a, &f, &out);

		if (e == OK)
			json_encode(rows[i].route->in, &out, &b);
		assert_string_equal(e == OK ? buf_str(&b).p : faults_text(&f, a).p, rows[i].want);
		assert_int_equal(e, *rows[i].want == '{' ? OK : ERR_INVALID);
		arena_free(a);
	}
}

/* An address is read once, into what its owner wrote and what makes all spellings one. */
static void has_a_key(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct faults f = { 0 };
	struct group g = { 0 };

	(void)state;
	assert_int_equal(
		decode(&post,
		       STR("{\"members\":[{\"email\":\"\\\"Ann\\\"@B\\u00fccher.example\"}]}"), a,
		       &f, &g),
		OK);
	assert_string_equal(g.members.v[0].email.text.p, "\"Ann\"@B\u00fccher.example");
	assert_string_equal(g.members.v[0].email.key.p, "ann@xn--bcher-kva.example");
	arena_free(a);
}

/* Where lists and objects never come from. */
static void not_in_a_query(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct route_match m = { .route = &find };
	struct http_request request = { .method = METHOD_GET,
					.known = true,
					.query = STR("colors=red&at=x") };
	struct faults f = { 0 };
	struct group g = { 0 };

	(void)state;
	assert_int_equal(json_decode(&group_schema, &m, &request, a, &f, &g), ERR_INVALID);
	assert_string_equal(faults_text(&f, a).p,
			    "/at|at must be an object\n/colors|colors must be a list");
	arena_free(a);
}

/* As many faults as are told, and then no more work. */
static void stops(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct buf body = buf_make(a, 4096);
	struct faults f = { 0 };
	struct group g = { 0 };

	(void)state;
	buf_add(&body, STR("{\"members\":["));
	for (int i = 0; i < 3; i++) {
		buf_add(&body, i > 0 ? STR(",{\"email\":1") : STR("{\"email\":1"));
		for (int j = 0; j < 20; j++)
			buf_printf(&body, ",\"x%d\":0", j);
		buf_char(&body, '}');
	}
	buf_add(&body, STR("]}"));
	assert_int_equal(decode(&post, buf_str(&body), a, &f, &g), ERR_INVALID);
	assert_int_equal(f.n, FAULTS_MAX);
	assert_string_equal(f.last->message.p, "members[1].x9 is not known");
	arena_free(a);
}

/* An item that is null in a struct is written as such: the others keep their places. */
static void null_items(void **state)
{
	struct arena *a = arena_make(1 << 20, NULL, NULL);
	struct buf b = buf_make(a, 64);
	enum color v[] = { COLOR_RED, COLOR_NONE, COLOR_GREEN };
	struct group g = { .colors = { v, 3 } };

	(void)state;
	json_encode(&group_schema, &g, &b);
	assert_string_equal(buf_str(&b).p, "{\"colors\":[\"red\",null,\"dark-green\"]}");
	arena_free(a);
}

static void described(enum json_side side, const char *want)
{
	json_t *schema = json_schema(&group_schema, side, NULL, NULL);
	char *text = json_dumps(json_object_get(schema, "properties"), JSON_COMPACT);

	assert_string_equal(text, want);
	free(text);
	json_decref(schema);
}

static void is_described(void **state)
{
	(void)state;
	described(JSON_OUTPUT,
		  "{\"name\":{\"type\":\"string\",\"maxLength\":9},"
		  "\"members\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
		  "\"email\":{\"type\":\"string\",\"minLength\":1,\"format\":\"email\","
		  "\"description\":\"At most 40 bytes of UTF-8.\"},"
		  "\"color\":{\"type\":\"string\",\"enum\":[\"red\",\"dark-green\"]},"
		  "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1,"
		  "\"maxLength\":3},\"maxItems\":2}},\"required\":[\"email\"]},\"maxItems\":3},"
		  "\"at\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\","
		  "\"maxLength\":9},\"id\":{\"type\":\"string\",\"format\":\"uuid\"}},"
		  "\"required\":[\"city\"]},"
		  "\"colors\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
		  "\"enum\":[\"red\",\"dark-green\"]},\"maxItems\":2},"
		  "\"numbers\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"format\":"
		  "\"int64\",\"minimum\":1,\"maximum\":5},\"minItems\":1,\"maxItems\":3}}");
	described(JSON_BODY_MEMBER,
		  "{\"name\":{\"type\":[\"string\",\"null\"],\"maxLength\":9,"
		  "\"pattern\":\"^[^\\\\u0000]*$\"},"
		  "\"members\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"object\","
		  "\"properties\":{\"email\":{\"type\":\"string\",\"minLength\":1,\"format\":"
		  "\"email\",\"description\":\"At most 40 bytes of UTF-8.\"},"
		  "\"color\":{\"type\":[\"string\",\"null\"],"
		  "\"enum\":[\"red\",\"dark-green\",null]},"
		  "\"tags\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\","
		  "\"minLength\":1,\"maxLength\":3,\"pattern\":\"^[^\\\\u0000]*$\"},"
		  "\"maxItems\":2}},\"required\":[\"email\"],\"additionalProperties\":false},"
		  "\"maxItems\":3},"
		  "\"at\":{\"type\":[\"object\",\"null\"],\"properties\":{\"city\":{\"type\":"
		  "\"string\",\"maxLength\":9,\"pattern\":\"^[^\\\\u0000]*$\"},"
		  "\"id\":{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}},"
		  "\"required\":[\"city\"],\"additionalProperties\":false},"
		  "\"colors\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\","
		  "\"enum\":[\"red\",\"dark-green\"]},\"maxItems\":2},"
		  "\"numbers\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"integer\","
		  "\"format\":\"int64\",\"minimum\":1,\"maximum\":5},\"minItems\":1,"
		  "\"maxItems\":3}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),	  cmocka_unit_test(has_a_key),
		cmocka_unit_test(not_in_a_query), cmocka_unit_test(stops),
		cmocka_unit_test(null_items),	  cmocka_unit_test(is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
