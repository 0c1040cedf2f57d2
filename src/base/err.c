/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stddef.h>

static const struct err_row rows[] = {
	[OK] = { 200, "OK", "ok", "fine" },
#define ERR(name, status, code, title) [ERR_##name] = { status, #name, code, title },
#include "base/err.def"
#undef ERR
};

const struct err_row *err_row(enum err e)
{
	if ((size_t)e >= sizeof rows / sizeof *rows)
		return &rows[ERR_INTERNAL];
	return &rows[e];
}

enum err err_count(void)
{
	return (enum err)(sizeof rows / sizeof *rows - 1);
}
