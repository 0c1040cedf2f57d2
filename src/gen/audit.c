/* SPDX-License-Identifier: MIT */
/* Made from src/sql/audit.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/audit.h"

#include "gen/statements.h"

static const struct db_column audit_insert_params[] = {
	{ "id", KIND_UUID, offsetof(struct audit_insert, id) },
	{ "action", KIND_STR, offsetof(struct audit_insert, action) },
	{ "actor", KIND_UUID, offsetof(struct audit_insert, actor) },
	{ "subject", KIND_UUID, offsetof(struct audit_insert, subject) },
	{ "session", KIND_UUID, offsetof(struct audit_insert, session) },
	{ "address", KIND_STR, offsetof(struct audit_insert, address) },
	{ "request_id", KIND_STR, offsetof(struct audit_insert, request_id) },
	{ "detail", KIND_STR, offsetof(struct audit_insert, detail) },
};

const struct db_statement audit_insert_statement = {
	.name = "audit_insert",
	.sql =
		"insert into audit (id, action, actor, subject, session, address, request_id, detail)\n"
		"values ($1::uuid, $2, $3::uuid, $4::uuid, $5::uuid, $6, $7, $8)",
	.params = audit_insert_params,
	.param_count = 8,
	.write = true,
};

enum err audit_insert(struct db *db, const struct audit_insert *in, int64_t *affected)
{
	return db_exec(db, &audit_insert_statement, in, affected);
}
