/* SPDX-License-Identifier: MIT */
/* Made from the domains over text, with a check, that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "base/kind.h"

enum user_role {
	USER_ROLE_NONE, /* null */
	USER_ROLE_USER,
	USER_ROLE_ADMIN,
};

_Static_assert(sizeof(enum user_role) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary user_role_vocabulary;

static inline struct str user_role_word(enum user_role v)
{
	return vocabulary_word(&user_role_vocabulary, (int)v);
}

/* For FIELD (schema/fields.h). */
#define FIELD_KIND_ENUMS \
	enum user_role: KIND_ENUM,

#define FIELD_VOCABULARIES \
	enum user_role: &user_role_vocabulary,
