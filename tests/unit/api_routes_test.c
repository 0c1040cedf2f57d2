/* SPDX-License-Identifier: MIT */
/* The real table of operations, row by row: what the preprocessor cannot see of it. */
#include "api/dispatch.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 256 };

/* The rows of all tables. */
static const struct route *routes[MOST];
static size_t routes_count;

static int gather(void **state)
{
	(void)state;
	for (const struct table *const *t = tables; *t != NULL; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			assert_true(routes_count < MOST);
			if (strncmp((*t)->routes[i].path, (*t)->under, strlen((*t)->under)) != 0)
				fail_msg("%s does not lie under %s", (*t)->routes[i].name,
					 (*t)->under);
			routes[routes_count++] = &(*t)->routes[i];
		}
	return 0;
}

static const struct field *field_find(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return &s->fields[i];
	return NULL;
}

/* dispatch compares {id} with who asks; without it, or with another kind, that would be no one. */
static void test_self_has_id(void **state)
{
	size_t selves = 0;

	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = routes[i];
		const struct field *id = field_find(r->in, "id");

		if (r->access != ACCESS_SELF)
			continue;
		selves++;
		if (!route_has_param(r, "id") || id == NULL || id->kind != KIND_UUID)
			fail_msg("%s is for oneself, but {id} is not a UUID of its path", r->name);
	}
	assert_true(selves > 0);
}

/* What stands in braces reaches the handler, and no other name can be meant. */
static void test_parameters_are_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = routes[i];

		for (const char *p = r->path; (p = strchr(p, '{')) != NULL; p++) {
			char name[64];

			snprintf(name, sizeof name, "%.*s", (int)strcspn(p + 1, "}"), p + 1);
			if (field_find(r->in, name) == NULL)
				fail_msg("%s does not take {%s}", r->name, name);
			if (field_find(r->in, name)->optional)
				fail_msg("%s: {%s} is always there", r->name, name);
		}
	}
}

static void test_rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = routes[i];

		if (strcmp(r->in->name, r->name) != 0)
			fail_msg("%s takes the input of %s", r->name, r->in->name);
		assert_int_equal(r->path[0], '/');
		assert_true(r->head > 0 && r->head <= strlen(r->path));
		assert_true((r->status >= 200 && r->status <= 204) || r->status == 303);
		if ((r->status == 204) != (r->shape == REPLY_NONE))
			fail_msg("%s: 204 and a body", r->name);
		if ((r->status == 303) != (r->shape == REPLY_SEE))
			fail_msg("%s: 303 and a body", r->name);
		if ((r->shape == REPLY_ONE || r->shape == REPLY_LIST || r->shape == REPLY_LINES) !=
		    (r->out != NULL))
			fail_msg("%s: reply and schema disagree", r->name);
		assert_true(r->summary[0] != '\0' && r->summary[strlen(r->summary) - 1] != '.');
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(r->name, routes[j]->name);
			if (r->method == routes[j]->method && strcmp(r->path, routes[j]->path) == 0)
				fail_msg("%s has the path of %s", r->name, routes[j]->name);
		}
	}
}

/* The column holds what is the handler's own, each once. */
static void test_problems_are_their_own(void **state)
{
	static const int none[] = { OK };

	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = routes[i];
		struct route bare = *r;

		bare.problems = none;
		for (const int *p = r->problems; *p != OK; p++) {
			enum err e = (enum err) * p;

			assert_true(e > OK && e <= err_count());
			if (route_answers(&bare, e))
				fail_msg("%s: %s follows from the row", r->name, err_row(e)->name);
			for (const int *q = r->problems; q < p; q++)
				if (*q == *p)
					fail_msg("%s has %s twice", r->name, err_row(e)->name);
		}
	}
}

/* Lists and objects: bounded, within themselves too, and from a body alone. */
static void check_inside(const struct schema *s, const struct field *f, bool input)
{
	if (f->kind == KIND_LIST && (f->max_items <= 0 || f->min_items > f->max_items))
		fail_msg("%s.%s: a list of how many?", s->name, f->name);
	if (input && f->format == FORMAT_EMAIL)
		fail_msg("%s.%s: nobody looks whether that is an address", s->name, f->name);
	if ((f->kind == KIND_ENUM || f->item == KIND_ENUM) && f->words == NULL)
		fail_msg("%s.%s: an enum of no words", s->name, f->name);
}

static void test_lists_are_in_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++)
		for (size_t j = 0; j < routes[i]->in->n; j++) {
			const struct field *f = &routes[i]->in->fields[j];

			if ((f->kind == KIND_LIST || f->kind == KIND_OBJECT) &&
			    route_source(routes[i], f) != SOURCE_BODY)
				fail_msg("%s.%s is not in a body", routes[i]->name, f->name);
		}
}

static void check_fields(const struct schema *s, bool input)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		regex_t compiled;

		if (f->offset + kind_size(f->kind) > s->size || f->given >= s->size)
			fail_msg("%s.%s lies outside its struct", s->name, f->name);
		if (field_find(s, f->name) != f)
			fail_msg("%s has %s twice", s->name, f->name);
		/* What the schema says of it stands in front of other sentences. */
		if (f->doc != NULL && f->doc[strlen(f->doc) - 1] == '.')
			fail_msg("%s.%s: the doc ends with a full stop", s->name, f->name);
		check_inside(s, f, input);
		if (f->of != NULL)
			check_fields(f->of, input);
		if (input &&
		    (f->kind == KIND_STR || f->kind == KIND_EMAIL ||
		     (f->kind == KIND_LIST && f->item == KIND_STR)) &&
		    f->max == 0 && f->max_bytes == 0 && f->pattern == NULL)
			fail_msg("%s.%s has no bound", s->name, f->name);
		if (f->pattern == NULL)
			continue;
		assert_int_equal(regcomp(&compiled, f->pattern, REG_EXTENDED | REG_NOSUB), 0);
		regfree(&compiled);
	}
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		check_fields(routes[i]->in, true);
		if (routes[i]->out != NULL)
			check_fields(routes[i]->out, false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self_has_id),
		cmocka_unit_test(test_parameters_are_fields),
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_problems_are_their_own),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_lists_are_in_bodies),
	};

	return cmocka_run_group_tests(tests, gather, NULL);
}
