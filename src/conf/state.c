/* SPDX-License-Identifier: MIT */
/* The secret that a host keeps in a folder of its own. */
#include "conf/setting.h"

enum { SCRATCH_MAX = 1024 * 1024 };

struct str conf_state_file(const struct conf *c, struct arena *a)
{
	return arena_printf(a, "%s/secret_key", c->server_state.p);
}

bool conf_read_state(struct conf *c, struct arena *a, struct conf_faults *faults)
{
	size_t before = faults->n;

	if (c->secret_key.n > 0)
		return true;

	struct conf_target t = { a, arena_make(SCRATCH_MAX, NULL, NULL), c, faults };

	if (t.scratch == NULL)
		arena_exhausted(a);

	struct setting_file file = { .path = conf_state_file(c, t.scratch).p,
				     .optional = true,
				     .own = true };

	file.called = arena_printf(t.scratch, "secret_key: %s", file.path).p;
	setting_read_file(&settings[SETTING_AT_secret_key], &file, &t);
	arena_free(t.scratch);
	return faults->n == before;
}
