/* SPDX-License-Identifier: MIT */
/* Made from src/sql/mail_budgets.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/mail_budgets.h"

#include "gen/statements.h"

static const struct db_column mail_budget_lock_params[] = {
	{ .name = "mailbox", .kind = KIND_UUID, .offset = offsetof(struct mail_budget_lock, mailbox) },
};

static const struct db_column mail_budget_lock_columns[] = {
	{ .name = "hour_mails", .kind = KIND_I32, .offset = offsetof(struct mail_budget_row, hour_mails) },
	{ .name = "day_mails", .kind = KIND_I32, .offset = offsetof(struct mail_budget_row, day_mails) },
};

const struct db_statement mail_budget_lock_statement = {
	.name = "mail_budget_lock",
	.sql =
		"insert into mail_budgets as b (mailbox, sort, hour_until, hour_mails, day_until, day_mails)\n"
		"values ($1::uuid, 'proof', now() + interval '1 hour', 0, now() + interval '1 day', 0)\n"
		"on conflict (mailbox, sort) do update\n"
		"set hour_until = case when b.hour_until > now() then b.hour_until else excluded.hour_until end,\n"
		"    hour_mails = case when b.hour_until > now() then b.hour_mails else 0 end,\n"
		"    day_until = case when b.day_until > now() then b.day_until else excluded.day_until end,\n"
		"    day_mails = case when b.day_until > now() then b.day_mails else 0 end\n"
		"returning hour_mails, day_mails",
	.params = mail_budget_lock_params,
	.param_count = 1,
	.columns = mail_budget_lock_columns,
	.column_count = 2,
	.row_size = sizeof(struct mail_budget_row),
	.write = true,
};

enum err mail_budget_lock(struct db *db, const struct mail_budget_lock *in, struct mail_budget_row *row)
{
	return db_one(db, &mail_budget_lock_statement, in, row);
}

const struct db_statement mail_budget_sweep_statement = {
	.name = "mail_budget_sweep",
	.sql =
		"delete from mail_budgets\n"
		"where (mailbox, sort) in (\n"
		"  select mailbox, sort\n"
		"  from mail_budgets\n"
		"  where day_until < now()\n"
		"  order by day_until\n"
		"  limit 1000\n"
		"  for update skip locked\n"
		")",
	.write = true,
};

enum err mail_budget_sweep(struct db *db, int64_t *affected)
{
	return db_exec(db, &mail_budget_sweep_statement, NULL, affected);
}
