/* SPDX-License-Identifier: MIT */
/* Made from src/sql/audit.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

struct audit_insert {
	struct audit_id id;
	struct str action;
	struct user_id actor;
	struct user_id subject;
	struct session_id session;
	struct str address;
	struct str request_id;
	struct str detail;
};

/*
 * Notes who did what to whom, from where.
 */
enum err audit_insert(struct db *db, const struct audit_insert *in, int64_t *affected);
