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

enum mail_kind {
	MAIL_KIND_NONE, /* null */
	MAIL_KIND_VERIFY,
	MAIL_KIND_RESET,
	MAIL_KIND_UNLOCK,
	MAIL_KIND_EMAIL_OLD,
	MAIL_KIND_EMAIL_NEW,
	MAIL_KIND_EMAIL_UNDO,
	MAIL_KIND_EMAIL_UNDONE,
	MAIL_KIND_EMAIL_CHANGED,
	MAIL_KIND_PASSWORD_CHANGED,
	MAIL_KIND_SESSION_REUSED,
	MAIL_KIND_REGISTERED_AGAIN,
	MAIL_KIND_ACCOUNT_DISABLED,
	MAIL_KIND_MORE,
};

_Static_assert(sizeof(enum mail_kind) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary mail_kind_vocabulary;

static inline struct str mail_kind_word(enum mail_kind v)
{
	return vocabulary_word(&mail_kind_vocabulary, (int)v);
}

enum mail_state {
	MAIL_STATE_NONE, /* null */
	MAIL_STATE_QUEUED,
	MAIL_STATE_SENT,
	MAIL_STATE_DEAD,
	MAIL_STATE_VOID,
};

_Static_assert(sizeof(enum mail_state) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary mail_state_vocabulary;

static inline struct str mail_state_word(enum mail_state v)
{
	return vocabulary_word(&mail_state_vocabulary, (int)v);
}

enum proof_kind {
	PROOF_KIND_NONE, /* null */
	PROOF_KIND_VERIFY,
	PROOF_KIND_RESET,
	PROOF_KIND_UNLOCK,
	PROOF_KIND_EMAIL_OLD,
	PROOF_KIND_EMAIL_NEW,
	PROOF_KIND_EMAIL_UNDO,
};

_Static_assert(sizeof(enum proof_kind) == sizeof(int), "KIND_ENUM");

extern const struct vocabulary proof_kind_vocabulary;

static inline struct str proof_kind_word(enum proof_kind v)
{
	return vocabulary_word(&proof_kind_vocabulary, (int)v);
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
	enum mail_kind: KIND_ENUM, \
	enum mail_state: KIND_ENUM, \
	enum proof_kind: KIND_ENUM, \
	enum user_role: KIND_ENUM,

#define FIELD_VOCABULARIES \
	enum key_algorithm: &key_algorithm_vocabulary, \
	enum key_state: &key_state_vocabulary, \
	enum mail_kind: &mail_kind_vocabulary, \
	enum mail_state: &mail_state_vocabulary, \
	enum proof_kind: &proof_kind_vocabulary, \
	enum user_role: &user_role_vocabulary,
