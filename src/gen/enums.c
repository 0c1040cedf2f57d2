/* SPDX-License-Identifier: MIT */
/* Made from the domains over text, with a check, that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#include "gen/enums.h"

static const struct str key_algorithm_words[] = {
	{ NULL, 0 },
	{ "ES256", 5 },
	{ "RS256", 5 },
};

const struct vocabulary key_algorithm_vocabulary = { key_algorithm_words, 3 };

static const struct str key_state_words[] = {
	{ NULL, 0 },
	{ "next", 4 },
	{ "active", 6 },
	{ "retired", 7 },
};

const struct vocabulary key_state_vocabulary = { key_state_words, 4 };

static const struct str user_role_words[] = {
	{ NULL, 0 },
	{ "user", 4 },
	{ "admin", 5 },
};

const struct vocabulary user_role_vocabulary = { user_role_words, 3 };
