/* SPDX-License-Identifier: MIT */
/* Made from src/sql/email_changes.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/email_changes.h"

#include "gen/statements.h"

static const struct db_column email_change_asker_params[] = {
	{ .name = "new_email_key", .kind = KIND_STR, .offset = offsetof(struct email_change_asker, new_email_key) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_asker, id) },
};

static const struct db_column email_change_asker_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_asker_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct email_asker_row, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct email_asker_row, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct email_asker_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct email_asker_row, locale) },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct email_asker_row, password) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct email_asker_row, verified) },
	{ .name = "taken", .kind = KIND_BOOL, .offset = offsetof(struct email_asker_row, taken) },
};

const struct db_statement email_change_asker_statement = {
	.name = "email_change_asker",
	.sql =
		"select id, email, email_key, name, locale, password, verified_at is not null as verified,\n"
		"  coalesce(email_taken($1, id), false) as taken\n"
		"from users\n"
		"where id = $2::uuid",
	.params = email_change_asker_params,
	.param_count = 2,
	.columns = email_change_asker_columns,
	.column_count = 8,
	.row_size = sizeof(struct email_asker_row),
	.write = false,
};

enum err email_change_asker(struct db *db, const struct email_change_asker *in, struct email_asker_row *row)
{
	return db_one(db, &email_change_asker_statement, in, row);
}

static const struct db_column email_change_ask_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_ask, id) },
	{ .name = "new_email", .kind = KIND_STR, .offset = offsetof(struct email_change_ask, new_email) },
	{ .name = "new_email_key", .kind = KIND_STR, .offset = offsetof(struct email_change_ask, new_email_key) },
	{ .name = "life_us", .kind = KIND_I64, .offset = offsetof(struct email_change_ask, life_us) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct email_change_ask, user_id) },
	{ .name = "old_email_key", .kind = KIND_STR, .offset = offsetof(struct email_change_ask, old_email_key) },
};

static const struct db_column email_change_ask_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct asked_change_row, id) },
	{ .name = "expires_at", .kind = KIND_INSTANT, .offset = offsetof(struct asked_change_row, expires_at) },
};

const struct db_statement email_change_ask_statement = {
	.name = "email_change_ask",
	.sql =
		"insert into email_changes (id, user_id, old_email, old_email_key, old_verified, new_email,\n"
		"  new_email_key, expires_at)\n"
		"select $1::uuid, users.id, users.email, users.email_key, users.verified_at is not null, $2,\n"
		"  $3, now() + $4::bigint * interval '1 microsecond'\n"
		"from users\n"
		"where users.id = $5::uuid\n"
		"  and users.email_key = $6\n"
		"for no key update\n"
		"on conflict (user_id) where done_at is null do update\n"
		"set id = excluded.id,\n"
		"    old_email = excluded.old_email,\n"
		"    old_email_key = excluded.old_email_key,\n"
		"    old_verified = excluded.old_verified,\n"
		"    new_email = excluded.new_email,\n"
		"    new_email_key = excluded.new_email_key,\n"
		"    created_at = now(),\n"
		"    expires_at = excluded.expires_at,\n"
		"    old_confirmed_at = null,\n"
		"    new_confirmed_at = null\n"
		"returning id, expires_at",
	.params = email_change_ask_params,
	.param_count = 6,
	.columns = email_change_ask_columns,
	.column_count = 2,
	.row_size = sizeof(struct asked_change_row),
	.write = true,
};

enum err email_change_ask(struct db *db, const struct email_change_ask *in, struct asked_change_row *row)
{
	return db_one(db, &email_change_ask_statement, in, row);
}

static const struct db_column email_change_confirm_params[] = {
	{ .name = "by_old", .kind = KIND_BOOL, .offset = offsetof(struct email_change_confirm, by_old) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_confirm, id) },
};

static const struct db_column email_change_confirm_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct email_change_row, user_id) },
	{ .name = "old_email", .kind = KIND_STR, .offset = offsetof(struct email_change_row, old_email) },
	{ .name = "old_email_key", .kind = KIND_STR, .offset = offsetof(struct email_change_row, old_email_key) },
	{ .name = "new_email", .kind = KIND_STR, .offset = offsetof(struct email_change_row, new_email) },
	{ .name = "new_email_key", .kind = KIND_STR, .offset = offsetof(struct email_change_row, new_email_key) },
	{ .name = "old_confirmed", .kind = KIND_BOOL, .offset = offsetof(struct email_change_row, old_confirmed) },
	{ .name = "new_confirmed", .kind = KIND_BOOL, .offset = offsetof(struct email_change_row, new_confirmed) },
	{ .name = "taken", .kind = KIND_BOOL, .offset = offsetof(struct email_change_row, taken) },
};

const struct db_statement email_change_confirm_statement = {
	.name = "email_change_confirm",
	.sql =
		"update email_changes\n"
		"set old_confirmed_at = case when $1::boolean then now() else old_confirmed_at end,\n"
		"    new_confirmed_at = case when $1::boolean then new_confirmed_at else now() end\n"
		"where id = $2::uuid\n"
		"  and done_at is null\n"
		"  and expires_at > now()\n"
		"returning id, user_id, old_email, old_email_key, new_email, new_email_key,\n"
		"  old_confirmed_at is not null as old_confirmed, new_confirmed_at is not null as new_confirmed,\n"
		"  coalesce(email_taken(new_email_key, user_id), false) as taken",
	.params = email_change_confirm_params,
	.param_count = 2,
	.columns = email_change_confirm_columns,
	.column_count = 9,
	.row_size = sizeof(struct email_change_row),
	.write = true,
};

enum err email_change_confirm(struct db *db, const struct email_change_confirm *in, struct email_change_row *row)
{
	return db_one(db, &email_change_confirm_statement, in, row);
}

static const struct db_column email_change_mark_done_params[] = {
	{ .name = "undo_us", .kind = KIND_I64, .offset = offsetof(struct email_change_mark_done, undo_us) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_mark_done, id) },
};

const struct db_statement email_change_mark_done_statement = {
	.name = "email_change_mark_done",
	.sql =
		"update email_changes\n"
		"set done_at = now(),\n"
		"    expires_at = now() + $1::bigint * interval '1 microsecond'\n"
		"where id = $2::uuid",
	.params = email_change_mark_done_params,
	.param_count = 2,
	.write = true,
};

enum err email_change_mark_done(struct db *db, const struct email_change_mark_done *in, int64_t *affected)
{
	return db_exec(db, &email_change_mark_done_statement, in, affected);
}

static const struct db_column email_change_cancel_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct email_change_cancel, user_id) },
};

static const struct db_column email_change_cancel_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct cancelled_change_row, id) },
	{ .name = "new_email", .kind = KIND_STR, .offset = offsetof(struct cancelled_change_row, new_email) },
};

const struct db_statement email_change_cancel_statement = {
	.name = "email_change_cancel",
	.sql =
		"with owner as (\n"
		"  select id\n"
		"  from users\n"
		"  where id = $1::uuid\n"
		"  for no key update\n"
		"), gone as (\n"
		"  delete from email_changes\n"
		"  where user_id in (select id from owner)\n"
		"    and done_at is null\n"
		"  returning id, new_email\n"
		"), void as (\n"
		"  update proofs\n"
		"  set used_at = now()\n"
		"  where user_id = $1::uuid\n"
		"    and kind in ('email_old', 'email_new')\n"
		"    and used_at is null\n"
		"    and email_change_id in (select id from gone)\n"
		")\n"
		"select id, new_email\n"
		"from gone",
	.params = email_change_cancel_params,
	.param_count = 1,
	.columns = email_change_cancel_columns,
	.column_count = 2,
	.row_size = sizeof(struct cancelled_change_row),
	.write = true,
};

enum err email_change_cancel(struct db *db, const struct email_change_cancel *in, struct cancelled_change_row *row)
{
	return db_one(db, &email_change_cancel_statement, in, row);
}

static const struct db_column email_change_forget_params[] = {
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct email_change_forget, user_id) },
};

const struct db_statement email_change_forget_statement = {
	.name = "email_change_forget",
	.sql =
		"delete from email_changes\n"
		"where user_id = $1::uuid",
	.params = email_change_forget_params,
	.param_count = 1,
	.write = true,
};

enum err email_change_forget(struct db *db, const struct email_change_forget *in, int64_t *affected)
{
	return db_exec(db, &email_change_forget_statement, in, affected);
}

static const struct db_column email_change_undoable_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_undoable, id) },
};

static const struct db_column email_change_undoable_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct undoable_change_row, id) },
	{ .name = "user_id", .kind = KIND_UUID, .offset = offsetof(struct undoable_change_row, user_id) },
	{ .name = "old_email", .kind = KIND_STR, .offset = offsetof(struct undoable_change_row, old_email) },
	{ .name = "old_email_key", .kind = KIND_STR, .offset = offsetof(struct undoable_change_row, old_email_key) },
	{ .name = "old_verified", .kind = KIND_BOOL, .offset = offsetof(struct undoable_change_row, old_verified) },
};

const struct db_statement email_change_undoable_statement = {
	.name = "email_change_undoable",
	.sql =
		"select id, user_id, old_email, old_email_key, old_verified\n"
		"from email_changes\n"
		"where id = $1::uuid\n"
		"  and done_at is not null\n"
		"  and expires_at > now()",
	.params = email_change_undoable_params,
	.param_count = 1,
	.columns = email_change_undoable_columns,
	.column_count = 5,
	.row_size = sizeof(struct undoable_change_row),
	.write = false,
};

enum err email_change_undoable(struct db *db, const struct email_change_undoable *in, struct undoable_change_row *row)
{
	return db_one(db, &email_change_undoable_statement, in, row);
}

static const struct db_column email_change_undo_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct email_change_undo, id) },
};

const struct db_statement email_change_undo_statement = {
	.name = "email_change_undo",
	.sql =
		"delete from email_changes\n"
		"using email_changes as undone\n"
		"where undone.id = $1::uuid\n"
		"  and email_changes.user_id = undone.user_id\n"
		"  and (email_changes.done_at is null or email_changes.done_at >= undone.done_at)",
	.params = email_change_undo_params,
	.param_count = 1,
	.write = true,
};

enum err email_change_undo(struct db *db, const struct email_change_undo *in, int64_t *affected)
{
	return db_exec(db, &email_change_undo_statement, in, affected);
}

static const struct db_column email_change_sweep_params[] = {
	{ .name = "undo_us", .kind = KIND_I64, .offset = offsetof(struct email_change_sweep, undo_us) },
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
