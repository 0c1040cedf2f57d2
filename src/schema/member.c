/* SPDX-License-Identifier: MIT */
/* A member of an input and what is inside it: lists and objects, each fault with its place. */
#include "schema/member.h"

#include <jansson.h>
#include <string.h>

#include "schema/body.h"

/* "/members/3/email" */
static struct str place_pointer(const struct place *p, struct arena *a)
{
	if (p == NULL)
		return STR("");

	struct str step = p->name.p != NULL ? p->name : arena_printf(a, "%zu", p->index);

	return pointer_step(place_pointer(p->in, a), step, a);
}

/* "members[3].email"; "" for the body itself. */
static struct str place_name(const struct place *p, struct arena *a)
{
	if (p == NULL)
		return STR("");

	struct str in = place_name(p->in, a);

	if (p->name.p == NULL)
		return arena_printf(a, "%s[%zu]", in.p, p->index);
	return arena_printf(a, "%s%s%.*s", in.p, in.n > 0 ? "." : "", STR_ARG(p->name));
}

/* A long name is cut between two characters, and too long to point at. */
void member_strange(struct faults *f, struct arena *a, const struct place *in, struct str name)
{
	struct str shown = name.n > 0 ? name : STR("\"\""), outer = { 0 };
	struct place at = { .in = in, .name = name };

	/* A body has room for thousands of names, of which only the first ones are told. */
	if (f->n == FAULTS_MAX)
		return;
	if (name.n > NAME_SHOWN)
		for (shown.n = NAME_SHOWN; ((unsigned char)name.p[shown.n] & 0xc0) == 0x80;)
			shown.n--;
	outer = place_name(in, a);
	fault_add(f, a, place_pointer(name.n > NAME_SHOWN ? in : &at, a), "%s%s%.*s%s is not known",
		  outer.p, outer.n > 0 ? "." : "", STR_ARG(shown), shown.n < name.n ? "..." : "");
}

struct given member_given(const struct taking *t, const json_t *v)
{
	if (t->patch && json_is_null(v))
		return (struct given){ .type = GIVEN_REMOVAL };
	return given_json(v);
}

static bool asked_for(const struct schema *s, struct str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq((struct str){ s->fields[i].name, s->fields[i].name_n }, name))
			return true;
	return false;
}

/* Fills the struct that s describes. */
static void object_take(const struct taking *t, const json_t *v, const struct schema *s,
			const struct place *in, void *out)
{
	json_t *object = (json_t *)(uintptr_t)v; /* jansson's iterators take no const */

	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		struct given g = member_given(t, json_object_get(v, f->name));
		struct place at = { .in = in, .name = { f->name, f->name_n } };

		member_take(t, &g, f, &at, out);
	}
	for (void *m = json_object_iter(object); m != NULL; m = json_object_iter_next(object, m)) {
		struct str name = { json_object_iter_key(m), json_object_iter_key_len(m) };

		if (!asked_for(s, name))
			member_strange(t->faults, t->arena, in, name);
	}
}

static void item_take(const struct taking *t, const json_t *v, const struct field *f,
		      const struct place *at, void *out)
{
	struct given g = given_json(v);

	/* Null is no item. */
	if (g.type == GIVEN_NOTHING)
		g.type = GIVEN_OTHER;
	if (f->kind == KIND_OBJECT && g.type == GIVEN_OBJECT)
		object_take(t, v, f->of, at, out);
	else
		member_take(t, &g, f, at, out);
}

static void list_take(const struct taking *t, const json_t *v, const struct field *f,
		      const struct place *in, void *out)
{
	/* Items in a list of a patch are as in any other: the whole list is replaced (RFC 7396). */
	struct taking whole = { t->arena, t->faults, false };
	struct field item = *f;
	size_t size = f->item == KIND_OBJECT ? f->of->size : kind_size(f->item);
	struct list list = { .n = json_array_size(v) };

	item.kind = f->item;
	item.offset = item.given = 0;
	item.optional = false;
	/* An empty list is not null, so it has a place. */
	list.v = arena_array(t->arena, list.n + 1, size);
	/* Faults beyond those that are told are not looked for. */
	for (size_t i = 0; i < list.n && t->faults->n < FAULTS_MAX; i++) {
		struct place at = { .in = in, .index = i };

		item_take(&whole, json_array_get(v, i), &item, &at, (char *)list.v + i * size);
	}
	memcpy((char *)out + f->offset, &list, sizeof list);
}

void member_take(const struct taking *t, const struct given *g, const struct field *f,
		 const struct place *at, void *out)
{
	struct str wrong = given_take(g, f, t->arena, out);

	if (wrong.p != NULL) {
		fault_add(t->faults, t->arena, place_pointer(at, t->arena), "%s %s",
			  place_name(at, t->arena).p, wrong.p);
	} else if (f->kind == KIND_LIST && g->type == GIVEN_LIST) {
		list_take(t, g->json, f, at, out);
	} else if (f->kind == KIND_OBJECT && g->type == GIVEN_OBJECT) {
		void *inside = arena_alloc(t->arena, f->of->size);

		object_take(t, g->json, f->of, at, inside);
		memcpy((char *)out + f->offset, &inside, sizeof inside);
	}
}
