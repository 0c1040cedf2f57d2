/* SPDX-License-Identifier: MIT */
/* What the tests of the settings share: a folder of files, and what came out of reading it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SECRET "correct-horse-battery-staple-0123456789"
#define JWT "APP__JWT_SECRET=" SECRET
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

enum { ENV_MAX = 6 };

/* A folder with configuration files and what came out of reading it. */
struct world {
	char dir[64];
	struct arena *arena;
	struct conf conf;
	struct conf_faults faults;
};

static inline int make_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	strcpy(w->dir, "/tmp/postern-conf-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->arena = arena_make(1 << 20, NULL, NULL);
	*state = w;
	return 0;
}

static inline const char *path_of(const struct world *w, const char *name)
{
	return arena_printf(w->arena, "%s/%s", w->dir, name).p;
}

static inline void remove_file(const struct world *w, const char *name)
{
	unlink(path_of(w, name));
}

static inline int drop_world(void **state)
{
	static const char *const names[] = { "default.yaml", "test.yaml", "secret", "out" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		remove_file(w, names[i]);
	rmdir(w->dir);
	arena_free(w->arena);
	free(w);
	return 0;
}

static inline void write_file(const struct world *w, const char *name, struct str text)
{
	int fd = open(path_of(w, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static inline bool load(struct world *w, const char *const env[ENV_MAX])
{
	char *copy[ENV_MAX + 1] = { 0 };

	for (size_t i = 0; i < ENV_MAX && env[i] != NULL; i++)
		copy[i] = (char *)(uintptr_t)env[i];
	w->faults = (struct conf_faults){ 0 };
	return conf_load(w->dir, copy, w->arena, &w->conf, &w->faults);
}

static const char *const NO_ENV[ENV_MAX] = { 0 };

/* The faults, a line each, without the folder's name. */
static inline const char *told(const struct world *w)
{
	struct str all = STR("");
	size_t dir = strlen(w->dir) + 1;

	for (const struct conf_fault *f = w->faults.first; f != NULL; f = f->next) {
		const char *text = f->text.p;

		if (strncmp(text, w->dir, dir - 1) == 0)
			text += dir;
		all = arena_printf(w->arena, "%s%s%s", all.p, all.n > 0 ? "\n" : "", text);
	}
	return all.p;
}
