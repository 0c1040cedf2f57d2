/* SPDX-License-Identifier: MIT */
/* Made from src/sql/proofs.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

struct proof_insert {
	struct user_id user_id;
	struct str kind;
	struct proof_id id;
	struct email_change_id email_change_id;
	int64_t code_us;
	int64_t link_us;
};

/*
 * A new proof; those of the same kind that the user had before are void.
 */
enum err proof_insert(struct db *db, const struct proof_insert *in, int64_t *affected);
