/* SPDX-License-Identifier: MIT */
/* Made from src/sql/email_changes.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/email_changes.h"

#include "gen/statements.h"

static const struct db_column email_change_sweep_params[] = {
	{ "undo_us", KIND_I64, offsetof(struct email_change_sweep, undo_us) },
};

const struct db_statement email_change_sweep_statement = {
	.name = "email_change_sweep",
	.sql =
		"delete from email_changes\n"
		"where id in (\n"
		"  select id\n"
		"  from email_changes\n"
		"  where expires_at < now() - interval '1 day'\n"
		"    and (done_at is null\n"
		"      or done_at < now() - interval '1 day' - $1::bigint * interval '1 microsecond')\n"
		"  order by expires_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.params = email_change_sweep_params,
	.param_count = 1,
	.write = true,
};

enum err email_change_sweep(struct db *db, const struct email_change_sweep *in, int64_t *affected)
{
	return db_exec(db, &email_change_sweep_statement, in, affected);
}
