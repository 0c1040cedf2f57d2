/* SPDX-License-Identifier: MIT */
#include "db/prepared.h"

#include <stdint.h>
#include <stdlib.h>

enum { ROOM_FIRST = 16 /* a power of two, as all that follow */ };

/*
 * The entry of a statement, or the free one where it belongs. At most half the entries are taken.
 */
static struct prepared_entry *place(const struct prepared *p, const struct db_statement *s)
{
	/* Statements lie some hundred bytes apart; the multiplication spreads them (Fibonacci). */
	size_t at = (size_t)(((uintptr_t)s * 0x9e3779b97f4a7c15U) >> 32);

	while (p->v[at & (p->room - 1)].s != NULL && p->v[at & (p->room - 1)].s != s)
		at++;
	return &p->v[at & (p->room - 1)];
}

static bool grow(struct prepared *p)
{
	struct prepared wider = { .room = p->room == 0 ? ROOM_FIRST : p->room * 2, .n = p->n };

	wider.v = calloc(wider.room, sizeof *wider.v);
	if (wider.v == NULL)
		return false;
	for (size_t i = 0; i < p->room; i++)
		if (p->v[i].s != NULL)
			*place(&wider, p->v[i].s) = p->v[i];
	free(p->v);
	*p = wider;
	return true;
}

struct prepared_entry *prepared_entry(struct prepared *p, const struct db_statement *s)
{
	struct prepared_entry *e = p->room == 0 ? NULL : place(p, s);

	if (e != NULL && e->s == s)
		return e;
	if (p->n * 2 >= p->room && !grow(p))
		return NULL;
	e = place(p, s);
	*e = (struct prepared_entry){ .s = s };
	p->n++;
	return e;
}

void prepared_forget(struct prepared *p)
{
	for (size_t i = 0; i < p->room; i++)
		p->v[i].state = PREPARED_NOT;
}

void prepared_free(struct prepared *p)
{
	free(p->v);
	*p = (struct prepared){ 0 };
}
