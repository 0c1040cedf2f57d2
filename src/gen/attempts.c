/* SPDX-License-Identifier: MIT */
/* Made from src/sql/attempts.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/attempts.h"

#include "gen/statements.h"

const struct db_statement attempt_sweep_statement = {
	.name = "attempt_sweep",
	.sql =
		"delete from attempts\n"
		"where ctid in (\n"
		"  select ctid\n"
		"  from attempts\n"
		"  where last_at < now() - interval '1 day'\n"
		"    and blocked_until < now()\n"
		"  order by last_at\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err attempt_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &attempt_sweep_statement, NULL, affected);
}
