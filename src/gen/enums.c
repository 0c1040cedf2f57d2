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

static const struct str mail_kind_words[] = {
	{ NULL, 0 },
	{ "verify", 6 },
	{ "reset", 5 },
	{ "unlock", 6 },
	{ "email-old", 9 },
	{ "email-new", 9 },
	{ "email-undo", 10 },
	{ "email-undone", 12 },
	{ "email-changed", 13 },
	{ "password-changed", 16 },
	{ "session-reused", 14 },
	{ "registered-again", 16 },
	{ "account-disabled", 16 },
	{ "more", 4 },
};

const struct vocabulary mail_kind_vocabulary = { mail_kind_words, 14 };

static const struct str mail_state_words[] = {
	{ NULL, 0 },
	{ "queued", 6 },
	{ "sent", 4 },
	{ "dead", 4 },
	{ "void", 4 },
};

const struct vocabulary mail_state_vocabulary = { mail_state_words, 5 };

static const struct str proof_kind_words[] = {
	{ NULL, 0 },
	{ "verify", 6 },
	{ "reset", 5 },
	{ "unlock", 6 },
	{ "email_old", 9 },
	{ "email_new", 9 },
	{ "email_undo", 10 },
};

const struct vocabulary proof_kind_vocabulary = { proof_kind_words, 7 };

static const struct str user_role_words[] = {
	{ NULL, 0 },
	{ "user", 4 },
	{ "admin", 5 },
};

const struct vocabulary user_role_vocabulary = { user_role_words, 3 };
