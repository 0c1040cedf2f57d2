/* SPDX-License-Identifier: MIT */
/* Made from the domains over uuid that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "base/uuid.h"

struct address_id {
	struct uuid uuid;
};

static inline struct address_id address_id_new(void)
{
	return (struct address_id){ uuid_v7() };
}

struct audit_id {
	struct uuid uuid;
};

static inline struct audit_id audit_id_new(void)
{
	return (struct audit_id){ uuid_v7() };
}

struct email_change_id {
	struct uuid uuid;
};

static inline struct email_change_id email_change_id_new(void)
{
	return (struct email_change_id){ uuid_v7() };
}

struct mail_id {
	struct uuid uuid;
};

static inline struct mail_id mail_id_new(void)
{
	return (struct mail_id){ uuid_v7() };
}

struct proof_id {
	struct uuid uuid;
};

static inline struct proof_id proof_id_new(void)
{
	return (struct proof_id){ uuid_v7() };
}

struct revoked_id {
	struct uuid uuid;
};

static inline struct revoked_id revoked_id_new(void)
{
	return (struct revoked_id){ uuid_v7() };
}

struct session_id {
	struct uuid uuid;
};

static inline struct session_id session_id_new(void)
{
	return (struct session_id){ uuid_v7() };
}

struct user_id {
	struct uuid uuid;
};

static inline struct user_id user_id_new(void)
{
	return (struct user_id){ uuid_v7() };
}

/* For FIELD (schema/fields.h). */
#define FIELD_KIND_IDS \
	struct address_id: KIND_UUID, \
	struct audit_id: KIND_UUID, \
	struct email_change_id: KIND_UUID, \
	struct mail_id: KIND_UUID, \
	struct proof_id: KIND_UUID, \
	struct revoked_id: KIND_UUID, \
	struct session_id: KIND_UUID, \
	struct user_id: KIND_UUID,
