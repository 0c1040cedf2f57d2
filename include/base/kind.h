/* SPDX-License-Identifier: MIT */
/*
 * The few types that cross a border: a JSON member, a statement's parameter or column, a setting.
 * One list, so that db and http agree without knowing one another.
 */
#pragma once

#include "base/instant.h"
#include "base/str.h"
#include "base/uuid.h"

enum kind {
	KIND_BOOL,    /* bool */
	KIND_I32,     /* int32_t */
	KIND_I64,     /* int64_t */
	KIND_STR,     /* struct str; p == NULL is null */
	KIND_SECRET,  /* struct secret; p == NULL is null */
	KIND_INSTANT, /* struct instant; INSTANT_NONE is null */
	KIND_UUID     /* struct uuid, or a struct made of just one; all zero is null */
};

/* Size in bytes of the C type of a kind. */
static inline size_t kind_size(enum kind k)
{
	switch (k) {
	case KIND_BOOL:
		return sizeof(bool);
	case KIND_I32:
		return sizeof(int32_t);
	case KIND_I64:
		return sizeof(int64_t);
	case KIND_STR:
		return sizeof(struct str);
	case KIND_SECRET:
		return sizeof(struct secret);
	case KIND_INSTANT:
		return sizeof(struct instant);
	case KIND_UUID:
		return sizeof(struct uuid);
	}
	return 0;
}
