/* SPDX-License-Identifier: MIT */
/* What a merge patch says and does not say, values of a list, instants, and bodies that may be
 * away. */
#include "http/decode.h"
#include "schema/json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIELD_KIND_IDS
#define FIELD_KIND_ENUMS enum role : KIND_ENUM,
#define FIELD_VOCABULARIES enum role : &roles,

enum role { ROLE_NONE, ROLE_USER, ROLE_ADMIN };

static const struct str role_words[] = { { 0 }, { "user", 4 }, { "admin", 5 } };
static const struct vocabulary roles = { role_words, 3 };

struct change {
	int32_t id;
	enum role role;
	struct str name;
	bool on, on_given;
	int32_t size;
	bool size_given;
	struct instant since;
};

#define CHANGE_FIELDS                                                                              \
	FIELD(change, id), FIELD(change, role, .optional = true),                                  \
		FIELD(change, name, .optional = true, .min = 1),                                   \
		FIELD(change, on, .optional = true, GIVEN(change, on_given)),                      \
		FIELD(change, size, .optional = true, .max = 9, GIVEN(change, size_given)),        \
		FIELD(change, since, .optional = true)

SCHEMA(change, change, CHANGE_FIELDS);

struct must {
	struct str name;
	bool on;
};

SCHEMA(must, must, FIELD(must, name), FIELD(must, on, .optional = true));
SCHEMA_NONE(none);

static const struct route patch = {
	.name = "change", .method = METHOD_PATCH, .path = "/things/{id}", .in = &change_schema
};
static const struct route put = {
	.name = "change_put", .method = METHOD_PUT, .path = "/things/{id}", .in = &change_schema
};
static const struct route find = {
	.name = "change_find", .method = METHOD_GET, .path = "/things", .in = &change_schema
};
static const struct route must_post = {
	.name = "must", .method = METHOD_POST, .path = "/musts", .in = &must_schema
};
static const struct route none_post = {
	.name = "none", .method = METHOD_POST, .path = "/none", .in = &none_schema
};

static const struct row {
	const struct route *route;
	const char *query, *body;
	const char *want; /* what is wrong, or the values */
} rows[] = {
	{ &patch, "", "{}", "role= on=0? size=0? since=-" },
	{ &patch, "", "", "|the patch is missing" },
	{ &patch, "", "{\"on\":false}", "role= on=0! size=0? since=-" },
	{ &patch, "", "{\"on\":true,\"size\":0}", "role= on=1! size=0! since=-" },
	{ &patch, "", "{\"role\":\"admin\"}", "role=admin on=0? size=0? since=-" },
	{ &patch, "", "{\"role\":\"user\"}", "role=user on=0? size=0? since=-" },
	{ &patch, "", "{\"since\":\"1970-01-01T00:00:01Z\"}", "role= on=0? size=0? since=1000000" },
	{ &patch, "", "{\"on\":null}", "/on|on cannot be removed" },
	{ &patch, "", "{\"role\":null,\"name\":null}",
	  "/role|role cannot be removed /name|name cannot be removed" },
	{ &patch, "", "{\"color\":null}", "/color|color is not known" },
	{ &patch, "", "{\"on\":0}", "/on|on must be true or false" },
	{ &patch, "", "{\"role\":\"\"}", "/role|role must be one of user, admin" },
	{ &patch, "", "{\"role\":\"user, admin\"}", "/role|role must be one of user, admin" },
	{ &patch, "", "{\"role\":\" admin\"}", "/role|role must be one of user, admin" },
	{ &patch, "", "{\"role\":\"Admin\"}", "/role|role must be one of user, admin" },
	{ &patch, "", "{\"role\":1}", "/role|role must be a string" },
	{ &patch, "", "{\"since\":\"yesterday\"}",
	  "/since|since must be an instant such as 2026-11-22T12:34:56Z" },
	{ &patch, "", "{\"since\":1}",
	  "/since|since must be an instant such as 2026-11-22T12:34:56Z" },
	/* Elsewhere null counts as missing. */
	{ &put, "", "{\"on\":null,\"role\":null}", "role= on=0? size=0? since=-" },
	{ &find, "id=1&since=1970-01-01T00:00:00.000002Z&role=admin&on=false", "",
	  "role=admin on=0! size=0? since=2" },
	{ &find, "id=1&since=1970-01-01T01:00:00%2B01:00", "", "role= on=0? size=0? since=0" },
	{ &find, "id=1&since=1970-01-01T01:00:00+01:00", "",
	  "/since|since must be an instant such as 2026-11-22T12:34:56Z" },
	{ &find, "id=1", "{}", "|there must be no body" },
	{ &must_post, "", "", "|the body must be a JSON object" },
	{ &none_post, "", "", "none" },
	{ &none_post, "", " ", "|there must be no body" },
};

static void values(struct buf *b, const struct route *r, const struct change *c)
{
	if (r == &none_post) {
		buf_add(b, STR("none"));
		return;
	}
	buf_printf(b, "role=%.*s on=%d%c size=%d%c since=",
		   STR_ARG(vocabulary_word(&roles, (int)c->role)), c->on, c->on_given ? '!' : '?',
		   c->size, c->size_given ? '!' : '?');
	if (c->since.us == INSTANT_NONE.us)
		buf_char(b, '-');
	else
		buf_i64(b, c->since.us);
}

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_make(1 << 20, NULL, NULL);
		struct route_match m = { .route = rows[i].route,
					 .params = { { STR("id"), STR("1") } },
					 .n = 1 };
		struct http_request r = { .method = rows[i].route->method,
					  .known = true,
					  .query = str_from(rows[i].query),
					  .body = str_from(rows[i].body) };
		struct faults f = { 0 };
		union {
			struct change change;
			struct must must;
		} out = { 0 };
		struct buf b = buf_make(a, 256);
		enum err e = json_decode(rows[i].route->in, &m, &r, a, &f, &out);

		if (e == OK)
			values(&b, rows[i].route, &out.change);
		for (const struct fault *j = f.first; j != NULL; j = j->next)
			buf_printf(&b, "%s%s|%s", j == f.first ? "" : " ", j->pointer.p,
				   j->message.p);
		assert_string_equal(buf_str(&b).p, rows[i].want);
		arena_free(a);
	}
}

static void bodies(void **state)
{
	(void)state;
	assert_int_equal(route_body(&patch), BODY_OPTIONAL);
	assert_int_equal(route_body(&find), BODY_NONE);
	assert_int_equal(route_body(&must_post), BODY_REQUIRED);
	assert_int_equal(route_body(&none_post), BODY_NONE);
}

/* A default would say that leaving it out is the same as saying so. */
static void is_described(void **state)
{
	json_t *schema = json_schema(&change_schema, true, NULL, NULL);
	json_t *properties = json_object_get(schema, "properties");
	char *role = json_dumps(json_object_get(properties, "role"), JSON_COMPACT);
	char *on = json_dumps(json_object_get(properties, "on"), JSON_COMPACT);

	(void)state;
	assert_string_equal(role, "{\"type\":\"string\",\"enum\":[\"user\",\"admin\"]}");
	assert_string_equal(on, "{\"type\":\"boolean\"}");
	free(role);
	free(on);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(bodies),
		cmocka_unit_test(is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
