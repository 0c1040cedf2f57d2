/* SPDX-License-Identifier: MIT */
/* Made from the domains over uuid that src/sql uses by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "base/uuid.h"

struct user_id {
	struct uuid uuid;
};

static inline struct user_id user_id_new(void)
{
	return (struct user_id){ uuid_v7() };
}

/* For FIELD (http/fields.h). */
#define FIELD_KIND_IDS \
	struct user_id: KIND_UUID,
