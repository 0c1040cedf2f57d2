/* SPDX-License-Identifier: MIT */
/* Made from the domains over text, with a check, that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#include "gen/enums.h"

static const struct str user_role_words[] = {
	{ NULL, 0 },
	{ "user", 4 },
	{ "admin", 5 },
};

const struct vocabulary user_role_vocabulary = { user_role_words, 3 };
