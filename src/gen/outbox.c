/* SPDX-License-Identifier: MIT */
/* Made from src/sql/outbox.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/outbox.h"

#include "gen/statements.h"

static const struct db_column outbox_insert_params[] = {
	{ "id", KIND_UUID, offsetof(struct outbox_insert, id) },
	{ "template", KIND_STR, offsetof(struct outbox_insert, template) },
	{ "locale", KIND_STR, offsetof(struct outbox_insert, locale) },
	{ "recipient", KIND_STR, offsetof(struct outbox_insert, recipient) },
	{ "proof_id", KIND_UUID, offsetof(struct outbox_insert, proof_id) },
	{ "words", KIND_STR, offsetof(struct outbox_insert, words) },
	{ "state", KIND_STR, offsetof(struct outbox_insert, state) },
	{ "life_us", KIND_I64, offsetof(struct outbox_insert, life_us) },
};

const struct db_statement outbox_insert_statement = {
	.name = "outbox_insert",
	.sql =
		"insert into outbox (id, template, locale, recipient, proof_id, words, state, expires_at)\n"
		"values ($1::uuid, $2, $3, $4, $5::uuid, $6, $7,\n"
		"  now() + $8::bigint * interval '1 microsecond')",
	.params = outbox_insert_params,
	.param_count = 8,
	.write = true,
};

enum err outbox_insert(struct db *db, const struct outbox_insert *in, int64_t *affected)
{
	return db_exec(db, &outbox_insert_statement, in, affected);
}
