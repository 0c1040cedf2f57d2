/* SPDX-License-Identifier: MIT */
/* Made from src/sql/audit.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct audit_row {
	struct audit_id id;
	struct instant at;
	struct str action;
	struct user_id actor;
	struct user_id subject;
	struct session_id session;
	struct str address;
	struct str request_id;
	struct str detail;
	struct str typed_by;
};

struct audit_rows {
	struct audit_row *v;
	size_t n;
};

struct audit_insert {
	struct audit_id id;
	struct str action;
	struct user_id actor;
	struct user_id subject;
	struct session_id session;
	struct str address;
	struct str request_id;
	struct str detail;
	struct str typed_by;
};

/*
 * Notes who did what to whom, from where.
 */
enum err audit_insert(struct db *db, const struct audit_insert *in, int64_t *affected);

struct audit_page {
	struct audit_id below;
	struct audit_id from;
	struct instant since;
	struct instant before;
	int32_t limit;
};

/*
 * The newest notes before one, of a time. The ids' own time is that of the host that wrote them, the
 * database's is in `at`: ids only narrow down what has to be looked at. As a row, for two bounds of one
 * column would have the planner expect so few rows that it sorts them instead of reading in order.
 */
enum err audit_page(struct db *db, const struct audit_page *in, struct audit_rows *rows);

struct audit_page_by_action {
	struct str action;
	struct audit_id below;
	struct audit_id from;
	struct instant since;
	struct instant before;
	int32_t limit;
};

/*
 * The same of one kind.
 */
enum err audit_page_by_action(struct db *db, const struct audit_page_by_action *in, struct audit_rows *rows);

struct audit_page_by_actor {
	struct user_id actor;
	struct audit_id below;
	struct audit_id from;
	struct instant since;
	struct instant before;
	struct str action;
	int32_t limit;
};

/*
 * The same of what somebody did, of one kind if one is named.
 */
enum err audit_page_by_actor(struct db *db, const struct audit_page_by_actor *in, struct audit_rows *rows);

struct audit_page_by_subject {
	struct user_id subject;
	struct audit_id below;
	struct audit_id from;
	struct instant since;
	struct instant before;
	struct user_id actor;
	struct str action;
	int32_t limit;
};

/*
 * The same of what was done to somebody, by one and of one kind if these are named.
 */
enum err audit_page_by_subject(struct db *db, const struct audit_page_by_subject *in, struct audit_rows *rows);

/*
 * Makes the months that come, and drops those that are no longer kept: one at a time.
 */
enum err audit_keep(struct db *db, int64_t *affected);
