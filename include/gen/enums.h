/* SPDX-License-Identifier: MIT */
/* Made from the domains over text, with a check, that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "base/kind.h"

enum key_algorithm {
	KEY_ALGORITHM_NONE, /* null */
	KEY_ALGORITHM_ES256,
	KEY_ALGORITHM_RS256,
};

_Static_assert(sizeof(enum key_algorithm) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary key_algorithm_vocabulary;

static inline struct str key_algorithm_word(enum key_algorithm v)
{
	return vocabulary_word(&key_algorithm_vocabulary, (int)v);
}

enum key_state {
	KEY_STATE_NONE, /* null */
	KEY_STATE_NEXT,
	KEY_STATE_ACTIVE,
	KEY_STATE_RETIRED,
};

_Static_assert(sizeof(enum key_state) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary key_state_vocabulary;

static inline struct str key_state_word(enum key_state v)
{
	return vocabulary_word(&key_state_vocabulary, (int)v);
}

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
	enum key_algorithm: KIND_ENUM, \
	enum key_state: KIND_ENUM, \
	enum user_role: KIND_ENUM,

#define FIELD_VOCABULARIES \
	enum key_algorithm: &key_algorithm_vocabulary, \
	enum key_state: &key_state_vocabulary, \
	enum user_role: &user_role_vocabulary,
