/* SPDX-License-Identifier: MIT */
/* Made from src/sql/proofs.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/proofs.h"

#include "gen/statements.h"

static const struct db_column proof_insert_params[] = {
	{ "user_id", KIND_UUID, offsetof(struct proof_insert, user_id) },
	{ "kind", KIND_STR, offsetof(struct proof_insert, kind) },
	{ "id", KIND_UUID, offsetof(struct proof_insert, id) },
	{ "email_change_id", KIND_UUID, offsetof(struct proof_insert, email_change_id) },
	{ "code_us", KIND_I64, offsetof(struct proof_insert, code_us) },
	{ "link_us", KIND_I64, offsetof(struct proof_insert, link_us) },
};

const struct db_statement proof_insert_statement = {
	.name = "proof_insert",
	.sql =
		"with old as (\n"
		"  update proofs\n"
		"  set used_at = now()\n"
		"  where user_id = $1::uuid\n"
		"    and kind = $2\n"
		"    and used_at is null\n"
		")\n"
		"insert into proofs (id, kind, user_id, email_change_id, code_until, link_until)\n"
		"values (\n"
		"  $3::uuid,\n"
		"  $2,\n"
		"  $1::uuid,\n"
		"  $4::uuid,\n"
		"  now() + $5::bigint * interval '1 microsecond',\n"
		"  now() + $6::bigint * interval '1 microsecond'\n"
		")",
	.params = proof_insert_params,
	.param_count = 6,
	.write = true,
};

enum err proof_insert(struct db *db, const struct proof_insert *in, int64_t *affected)
{
	return db_exec(db, &proof_insert_statement, in, affected);
}
