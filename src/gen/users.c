/* SPDX-License-Identifier: MIT */
/* Made from src/sql/users.sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/users.h"

#include "gen/statements.h"

static const struct db_column user_insert_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_insert, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_insert, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_insert, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_insert, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_insert, role), .words = &user_role_vocabulary },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct user_insert, password) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct user_insert, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_insert, verified) },
};

static const struct db_column user_insert_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_insert_statement = {
	.name = "user_insert",
	.sql =
		"insert into users (id, email, email_key, name, role, password, locale, verified_at)\n"
		"select $1::uuid, $2, $3, $4, $5::text, $6, $7,\n"
		"  case when $8::boolean then now() end\n"
		"where not email_taken($3, $1::uuid)\n"
		"on conflict (email_key) do nothing\n"
		"returning id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled",
	.params = user_insert_params,
	.param_count = 8,
	.columns = user_insert_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = true,
};

enum err user_insert(struct db *db, const struct user_insert *in, struct user_row *row)
{
	return db_one(db, &user_insert_statement, in, row);
}

static const struct db_column user_by_id_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_by_id, id) },
};

static const struct db_column user_by_id_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_by_id_statement = {
	.name = "user_by_id",
	.sql =
		"select id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"where id = any($1::uuid[])",
	.params = user_by_id_params,
	.param_count = 1,
	.columns = user_by_id_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = false,
	.gathered = true,
	.key = 0,
};

enum err user_by_id(struct db *db, const struct user_by_id *in, struct user_row *row)
{
	return db_one(db, &user_by_id_statement, in, row);
}

static const struct db_column user_me_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_me, id) },
};

static const struct db_column user_me_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct me_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct me_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct me_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct me_row, role), .words = &user_role_vocabulary },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct me_row, verified) },
	{ .name = "pending_email", .kind = KIND_STR, .offset = offsetof(struct me_row, pending_email) },
	{ .name = "pending_email_old_confirmed_at", .kind = KIND_INSTANT, .offset = offsetof(struct me_row, pending_email_old_confirmed_at) },
	{ .name = "pending_email_new_confirmed_at", .kind = KIND_INSTANT, .offset = offsetof(struct me_row, pending_email_new_confirmed_at) },
	{ .name = "pending_email_expires_at", .kind = KIND_INSTANT, .offset = offsetof(struct me_row, pending_email_expires_at) },
};

const struct db_statement user_me_statement = {
	.name = "user_me",
	.sql =
		"select users.id, users.email, users.name, users.role,\n"
		"  users.verified_at is not null as verified,\n"
		"  email_changes.new_email as pending_email,\n"
		"  email_changes.old_confirmed_at as pending_email_old_confirmed_at,\n"
		"  email_changes.new_confirmed_at as pending_email_new_confirmed_at,\n"
		"  email_changes.expires_at as pending_email_expires_at\n"
		"from users\n"
		"left join email_changes on email_changes.user_id = users.id\n"
		"  and email_changes.done_at is null\n"
		"  and email_changes.expires_at > now()\n"
		"where users.id = $1::uuid",
	.params = user_me_params,
	.param_count = 1,
	.columns = user_me_columns,
	.column_count = 9,
	.row_size = sizeof(struct me_row),
	.write = false,
};

enum err user_me(struct db *db, const struct user_me *in, struct me_row *row)
{
	return db_one(db, &user_me_statement, in, row);
}

static const struct db_column user_signing_in_params[] = {
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_signing_in, email_key) },
};

static const struct db_column user_signing_in_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct signing_in_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct signing_in_row, email) },
	{ .name = "confirmed_email", .kind = KIND_STR, .offset = offsetof(struct signing_in_row, confirmed_email) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct signing_in_row, role), .words = &user_role_vocabulary },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct signing_in_row, password) },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct signing_in_row, token_version) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct signing_in_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct signing_in_row, disabled) },
	{ .name = "cost", .kind = KIND_STR, .offset = offsetof(struct signing_in_row, cost) },
};

const struct db_statement user_signing_in_statement = {
	.name = "user_signing_in",
	.sql =
		"select users.id, users.email,\n"
		"  case when users.verified_at is null then '' else users.email_key end as confirmed_email,\n"
		"  users.role, users.password, coalesce(users.token_version, 0) as token_version,\n"
		"  users.verified_at is not null as verified, users.disabled_at is not null as disabled,\n"
		"  coalesce((\n"
		"    select substring(beside.password::text from '^[$]argon2id[$]v=19[$](m=[0-9]+,t=[0-9]+,p=1)[$]')\n"
		"    from users as beside\n"
		"    where email_place(beside.email_key) > email_place(asked.email_key)\n"
		"    order by email_place(beside.email_key)\n"
		"    limit 1\n"
		"  ), (\n"
		"    select substring(first.password::text from '^[$]argon2id[$]v=19[$](m=[0-9]+,t=[0-9]+,p=1)[$]')\n"
		"    from users as first\n"
		"    order by email_place(first.email_key)\n"
		"    limit 1\n"
		"  ), '') as cost\n"
		"from (select $1::text as email_key) as asked\n"
		"left join users on users.email_key = asked.email_key",
	.params = user_signing_in_params,
	.param_count = 1,
	.columns = user_signing_in_columns,
	.column_count = 9,
	.row_size = sizeof(struct signing_in_row),
	.write = false,
};

enum err user_signing_in(struct db *db, const struct user_signing_in *in, struct signing_in_row *row)
{
	return db_one(db, &user_signing_in_statement, in, row);
}

static const struct db_column user_credential_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_credential, id) },
};

static const struct db_column user_credential_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct credential_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct credential_row, email) },
	{ .name = "confirmed_email", .kind = KIND_STR, .offset = offsetof(struct credential_row, confirmed_email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct credential_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct credential_row, role), .words = &user_role_vocabulary },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct credential_row, password) },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct credential_row, token_version) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct credential_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct credential_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct credential_row, disabled) },
};

const struct db_statement user_credential_statement = {
	.name = "user_credential",
	.sql =
		"select id, email, case when verified_at is null then '' else email_key end as confirmed_email, name,\n"
		"  role, password, token_version, locale, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"where id = $1::uuid",
	.params = user_credential_params,
	.param_count = 1,
	.columns = user_credential_columns,
	.column_count = 10,
	.row_size = sizeof(struct credential_row),
	.write = false,
};

enum err user_credential(struct db *db, const struct user_credential *in, struct credential_row *row)
{
	return db_one(db, &user_credential_statement, in, row);
}

static const struct db_column user_mailbox_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_mailbox, id) },
};

static const struct db_column user_mailbox_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct mailbox_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct mailbox_row, verified) },
};

const struct db_statement user_mailbox_statement = {
	.name = "user_mailbox",
	.sql =
		"select id, email, email_key, name, locale, verified_at is not null as verified\n"
		"from users\n"
		"where id = $1::uuid",
	.params = user_mailbox_params,
	.param_count = 1,
	.columns = user_mailbox_columns,
	.column_count = 6,
	.row_size = sizeof(struct mailbox_row),
	.write = false,
};

enum err user_mailbox(struct db *db, const struct user_mailbox *in, struct mailbox_row *row)
{
	return db_one(db, &user_mailbox_statement, in, row);
}

static const struct db_column user_mailbox_by_key_params[] = {
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_mailbox_by_key, email_key) },
};

static const struct db_column user_mailbox_by_key_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct mailbox_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct mailbox_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct mailbox_row, verified) },
};

const struct db_statement user_mailbox_by_key_statement = {
	.name = "user_mailbox_by_key",
	.sql =
		"select id, email, email_key, name, locale, verified_at is not null as verified\n"
		"from users\n"
		"where email_key = $1",
	.params = user_mailbox_by_key_params,
	.param_count = 1,
	.columns = user_mailbox_by_key_columns,
	.column_count = 6,
	.row_size = sizeof(struct mailbox_row),
	.write = false,
};

enum err user_mailbox_by_key(struct db *db, const struct user_mailbox_by_key *in, struct mailbox_row *row)
{
	return db_one(db, &user_mailbox_by_key_statement, in, row);
}

static const struct db_column user_verify_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_verify, id) },
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct user_verify, password) },
};

const struct db_statement user_verify_statement = {
	.name = "user_verify",
	.sql =
		"update users\n"
		"set verified_at = now()\n"
		"where id = $1::uuid\n"
		"  and password = $2::secret\n"
		"  and verified_at is null",
	.params = user_verify_params,
	.param_count = 2,
	.write = true,
};

enum err user_verify(struct db *db, const struct user_verify *in, int64_t *affected)
{
	return db_exec(db, &user_verify_statement, in, affected);
}

static const struct db_column user_claim_params[] = {
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct user_claim, password) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_claim, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct user_claim, locale) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_claim, email_key) },
};

static const struct db_column user_claim_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct claimed_user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct claimed_user_row, email) },
};

const struct db_statement user_claim_statement = {
	.name = "user_claim",
	.sql =
		"update users\n"
		"set password = $1::secret,\n"
		"    name = $2,\n"
		"    locale = $3,\n"
		"    verified_at = now(),\n"
		"    updated_at = now()\n"
		"where email_key = $4\n"
		"  and verified_at is null\n"
		"returning id, email",
	.params = user_claim_params,
	.param_count = 4,
	.columns = user_claim_columns,
	.column_count = 2,
	.row_size = sizeof(struct claimed_user_row),
	.write = true,
};

enum err user_claim(struct db *db, const struct user_claim *in, struct claimed_user_row *row)
{
	return db_one(db, &user_claim_statement, in, row);
}

static const struct db_column user_reset_password_params[] = {
	{ .name = "password", .kind = KIND_SECRET, .offset = offsetof(struct user_reset_password, password) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_reset_password, name) },
	{ .name = "unproved_name", .kind = KIND_STR, .offset = offsetof(struct user_reset_password, unproved_name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct user_reset_password, locale) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_reset_password, id) },
};

const struct db_statement user_reset_password_statement = {
	.name = "user_reset_password",
	.sql =
		"update users\n"
		"set password = $1::secret,\n"
		"    name = case\n"
		"      when $2::text <> '' then $2\n"
		"      when verified_at is null then $3::text\n"
		"      else name\n"
		"    end,\n"
		"    locale = case when verified_at is null then $4::text else locale end,\n"
		"    verified_at = coalesce(verified_at, now()),\n"
		"    token_version = token_version + 1,\n"
		"    updated_at = now()\n"
		"where id = $5::uuid",
	.params = user_reset_password_params,
	.param_count = 5,
	.write = true,
};

enum err user_reset_password(struct db *db, const struct user_reset_password *in, int64_t *affected)
{
	return db_exec(db, &user_reset_password_statement, in, affected);
}

static const struct db_column user_change_password_params[] = {
	{ .name = "new", .kind = KIND_SECRET, .offset = offsetof(struct user_change_password, new) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_change_password, id) },
	{ .name = "old", .kind = KIND_SECRET, .offset = offsetof(struct user_change_password, old) },
};

const struct db_statement user_change_password_statement = {
	.name = "user_change_password",
	.sql =
		"update users\n"
		"set password = $1::secret,\n"
		"    token_version = token_version + 1,\n"
		"    updated_at = now()\n"
		"where id = $2::uuid\n"
		"  and password = $3::secret",
	.params = user_change_password_params,
	.param_count = 3,
	.write = true,
};

enum err user_change_password(struct db *db, const struct user_change_password *in, int64_t *affected)
{
	return db_exec(db, &user_change_password_statement, in, affected);
}

static const struct db_column user_rehash_params[] = {
	{ .name = "new", .kind = KIND_SECRET, .offset = offsetof(struct user_rehash, new) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_rehash, id) },
	{ .name = "old", .kind = KIND_SECRET, .offset = offsetof(struct user_rehash, old) },
};

const struct db_statement user_rehash_statement = {
	.name = "user_rehash",
	.sql =
		"update users\n"
		"set password = $1::secret\n"
		"where id = $2::uuid\n"
		"  and password = $3::secret",
	.params = user_rehash_params,
	.param_count = 3,
	.write = true,
};

enum err user_rehash(struct db *db, const struct user_rehash *in, int64_t *affected)
{
	return db_exec(db, &user_rehash_statement, in, affected);
}

static const struct db_column user_page_params[] = {
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct user_page, limit) },
	{ .name = "offset", .kind = KIND_I32, .offset = offsetof(struct user_page, offset) },
};

static const struct db_column user_page_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_page_statement = {
	.name = "user_page",
	.sql =
		"select id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"order by id desc\n"
		"limit $1::integer\n"
		"offset $2::integer",
	.params = user_page_params,
	.param_count = 2,
	.columns = user_page_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = false,
};

enum err user_page(struct db *db, const struct user_page *in, struct user_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &user_page_statement, in, &all));
	*rows = (struct user_rows){ all.v, all.n };
	return OK;
}

static const struct db_column user_page_after_params[] = {
	{ .name = "after", .kind = KIND_UUID, .offset = offsetof(struct user_page_after, after) },
	{ .name = "limit", .kind = KIND_I32, .offset = offsetof(struct user_page_after, limit) },
};

static const struct db_column user_page_after_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_page_after_statement = {
	.name = "user_page_after",
	.sql =
		"select id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"where id < $1::uuid\n"
		"order by id desc\n"
		"limit $2::integer",
	.params = user_page_after_params,
	.param_count = 2,
	.columns = user_page_after_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = false,
};

enum err user_page_after(struct db *db, const struct user_page_after *in, struct user_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &user_page_after_statement, in, &all));
	*rows = (struct user_rows){ all.v, all.n };
	return OK;
}

static const struct db_column user_by_address_params[] = {
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_by_address, email_key) },
};

static const struct db_column user_by_address_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_by_address_statement = {
	.name = "user_by_address",
	.sql =
		"select id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"where email_key = $1\n"
		"limit 1",
	.params = user_by_address_params,
	.param_count = 1,
	.columns = user_by_address_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = false,
};

enum err user_by_address(struct db *db, const struct user_by_address *in, struct user_rows *rows)
{
	struct db_rows all = { 0 };

	TRY(db_many(db, &user_by_address_statement, in, &all));
	*rows = (struct user_rows){ all.v, all.n };
	return OK;
}

static const struct db_column user_before_params[] = {
	{ .name = "new_email_key", .kind = KIND_STR, .offset = offsetof(struct user_before, new_email_key) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_before, id) },
};

static const struct db_column user_before_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_before_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_before_row, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_before_row, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_before_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct user_before_row, locale) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_before_row, verified) },
	{ .name = "taken", .kind = KIND_BOOL, .offset = offsetof(struct user_before_row, taken) },
};

const struct db_statement user_before_statement = {
	.name = "user_before",
	.sql =
		"select id, email, email_key, name, locale, verified_at is not null as verified,\n"
		"  coalesce(email_taken($1, id), false) as taken\n"
		"from users\n"
		"where id = $2::uuid\n"
		"for update",
	.params = user_before_params,
	.param_count = 2,
	.columns = user_before_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_before_row),
	.write = true,
};

enum err user_before(struct db *db, const struct user_before *in, struct user_before_row *row)
{
	return db_one(db, &user_before_statement, in, row);
}

static const struct db_column user_edit_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_edit, id) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_edit, email_key) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_edit, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_edit, name) },
	{ .name = "audit_id", .kind = KIND_UUID, .offset = offsetof(struct user_edit, audit_id) },
	{ .name = "action", .kind = KIND_STR, .offset = offsetof(struct user_edit, action) },
	{ .name = "actor", .kind = KIND_UUID, .offset = offsetof(struct user_edit, actor) },
	{ .name = "address", .kind = KIND_STR, .offset = offsetof(struct user_edit, address) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct user_edit, request_id) },
};

static const struct db_column user_edit_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

const struct db_statement user_edit_statement = {
	.name = "user_edit",
	.sql =
		"with was as materialized (\n"
		"  select id, email, name\n"
		"  from users\n"
		"  where id = $1::uuid\n"
		"    and email_key = $2\n"
		"  for no key update skip locked\n"
		"), edited as (\n"
		"  update users\n"
		"  set email = $3,\n"
		"      name = $4,\n"
		"      updated_at = now()\n"
		"  from was\n"
		"  where users.id = was.id\n"
		"  returning users.id, users.email, users.name, users.role, users.created_at,\n"
		"    users.verified_at is not null as verified, users.disabled_at is not null as disabled,\n"
		"    users.email <> was.email as respelled, users.name <> was.name as renamed\n"
		"), noted as (\n"
		"  insert into audit (id, action, actor, subject, address, request_id, detail)\n"
		"  select $5::uuid, $6, $7::uuid, id, $8, $9,\n"
		"    case\n"
		"      when respelled and renamed then 'name, spelling of email'\n"
		"      when respelled then 'spelling of email'\n"
		"      else 'name'\n"
		"    end\n"
		"  from edited\n"
		"  where respelled or renamed\n"
		")\n"
		"select id, email, name, role, created_at, verified, disabled\n"
		"from edited",
	.params = user_edit_params,
	.param_count = 9,
	.columns = user_edit_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.write = true,
	.shared = true,
};

enum err user_edit(struct db *db, const struct user_edit *in, struct user_row *row)
{
	return db_one(db, &user_edit_statement, in, row);
}

static const struct db_column user_update_params[] = {
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_update, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_update, email_key) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_update, name) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_update, id) },
};

static const struct db_column user_update_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_row, role), .words = &user_role_vocabulary },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_row, disabled) },
};

static const struct db_rule user_update_rules[] = {
	{ "users_email_key_key", ERR_EMAIL_TAKEN },
	{ NULL, OK },
};

const struct db_statement user_update_statement = {
	.name = "user_update",
	.sql =
		"update users\n"
		"set email = $1,\n"
		"    email_key = $2,\n"
		"    verified_at = case when email_key = $2 then verified_at end,\n"
		"    name = $3,\n"
		"    updated_at = now()\n"
		"where id = $4::uuid\n"
		"returning id, email, name, role, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled",
	.params = user_update_params,
	.param_count = 4,
	.columns = user_update_columns,
	.column_count = 7,
	.row_size = sizeof(struct user_row),
	.rules = user_update_rules,
	.write = true,
};

enum err user_update(struct db *db, const struct user_update *in, struct user_row *row)
{
	return db_one(db, &user_update_statement, in, row);
}

static const struct db_column user_move_params[] = {
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_move, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_move, email_key) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_move, id) },
	{ .name = "old_email_key", .kind = KIND_STR, .offset = offsetof(struct user_move, old_email_key) },
};

static const struct db_column user_move_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct moved_user_row, id) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct moved_user_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct moved_user_row, locale) },
};

static const struct db_rule user_move_rules[] = {
	{ "users_email_key_key", ERR_EMAIL_TAKEN },
	{ NULL, OK },
};

const struct db_statement user_move_statement = {
	.name = "user_move",
	.sql =
		"update users\n"
		"set email = $1,\n"
		"    email_key = $2,\n"
		"    verified_at = now(),\n"
		"    updated_at = now()\n"
		"where id = $3::uuid\n"
		"  and email_key = $4\n"
		"  and disabled_at is null\n"
		"returning id, name, locale",
	.params = user_move_params,
	.param_count = 4,
	.columns = user_move_columns,
	.column_count = 3,
	.row_size = sizeof(struct moved_user_row),
	.rules = user_move_rules,
	.write = true,
};

enum err user_move(struct db *db, const struct user_move *in, struct moved_user_row *row)
{
	return db_one(db, &user_move_statement, in, row);
}

static const struct db_column user_move_back_params[] = {
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct user_move_back, email) },
	{ .name = "email_key", .kind = KIND_STR, .offset = offsetof(struct user_move_back, email_key) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct user_move_back, verified) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_move_back, id) },
};

static const struct db_column user_move_back_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct moved_back_user_row, id) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct moved_back_user_row, name) },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct moved_back_user_row, locale) },
	{ .name = "replaced", .kind = KIND_STR, .offset = offsetof(struct moved_back_user_row, replaced) },
	{ .name = "proved", .kind = KIND_BOOL, .offset = offsetof(struct moved_back_user_row, proved) },
};

static const struct db_rule user_move_back_rules[] = {
	{ "users_email_key_key", ERR_EMAIL_TAKEN },
	{ NULL, OK },
};

const struct db_statement user_move_back_statement = {
	.name = "user_move_back",
	.sql =
		"update users\n"
		"set email = $1,\n"
		"    email_key = $2,\n"
		"    verified_at = case when $3::boolean then now() end,\n"
		"    updated_at = now()\n"
		"from users as was\n"
		"where users.id = $4::uuid\n"
		"  and was.id = users.id\n"
		"returning users.id, users.name, users.locale, was.email as replaced,\n"
		"  was.verified_at is not null as proved",
	.params = user_move_back_params,
	.param_count = 4,
	.columns = user_move_back_columns,
	.column_count = 5,
	.row_size = sizeof(struct moved_back_user_row),
	.rules = user_move_back_rules,
	.write = true,
};

enum err user_move_back(struct db *db, const struct user_move_back *in, struct moved_back_user_row *row)
{
	return db_one(db, &user_move_back_statement, in, row);
}

static const struct db_column user_delete_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_delete, id) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct user_delete, request_id) },
};

const struct db_statement user_delete_statement = {
	.name = "user_delete",
	.sql =
		"with gone as (\n"
		"  delete from users\n"
		"  where id = $1::uuid\n"
		"  returning id\n"
		"), swept as (\n"
		"  delete from deleted_users\n"
		"  where id in (\n"
		"    select id\n"
		"    from deleted_users\n"
		"    where deleted_at < now() - interval '1 hour'\n"
		"    order by deleted_at\n"
		"    limit 10\n"
		"    for update skip locked\n"
		"  )\n"
		")\n"
		"insert into deleted_users (id, request_id)\n"
		"select id, $2\n"
		"from gone",
	.params = user_delete_params,
	.param_count = 2,
	.write = true,
};

enum err user_delete(struct db *db, const struct user_delete *in, int64_t *affected)
{
	return db_exec(db, &user_delete_statement, in, affected);
}

static const struct db_column user_deleted_by_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_deleted_by, id) },
	{ .name = "request_id", .kind = KIND_STR, .offset = offsetof(struct user_deleted_by, request_id) },
};

static const struct db_column user_deleted_by_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct deleted_user_row, id) },
};

const struct db_statement user_deleted_by_statement = {
	.name = "user_deleted_by",
	.sql =
		"select id\n"
		"from deleted_users\n"
		"where id = $1::uuid\n"
		"  and request_id = $2",
	.params = user_deleted_by_params,
	.param_count = 2,
	.columns = user_deleted_by_columns,
	.column_count = 1,
	.row_size = sizeof(struct deleted_user_row),
	.write = false,
};

enum err user_deleted_by(struct db *db, const struct user_deleted_by *in, struct deleted_user_row *row)
{
	return db_one(db, &user_deleted_by_statement, in, row);
}

static const struct db_column user_lock_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_lock, id) },
};

static const struct db_column user_lock_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct locked_user_row, id) },
	{ .name = "email", .kind = KIND_STR, .offset = offsetof(struct locked_user_row, email) },
	{ .name = "name", .kind = KIND_STR, .offset = offsetof(struct locked_user_row, name) },
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct locked_user_row, role), .words = &user_role_vocabulary },
	{ .name = "locale", .kind = KIND_STR, .offset = offsetof(struct locked_user_row, locale) },
	{ .name = "created_at", .kind = KIND_INSTANT, .offset = offsetof(struct locked_user_row, created_at) },
	{ .name = "verified", .kind = KIND_BOOL, .offset = offsetof(struct locked_user_row, verified) },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct locked_user_row, disabled) },
};

const struct db_statement user_lock_statement = {
	.name = "user_lock",
	.sql =
		"select id, email, name, role, locale, created_at, verified_at is not null as verified,\n"
		"  disabled_at is not null as disabled\n"
		"from users\n"
		"where id = $1::uuid\n"
		"for update",
	.params = user_lock_params,
	.param_count = 1,
	.columns = user_lock_columns,
	.column_count = 8,
	.row_size = sizeof(struct locked_user_row),
	.write = true,
};

enum err user_lock(struct db *db, const struct user_lock *in, struct locked_user_row *row)
{
	return db_one(db, &user_lock_statement, in, row);
}

static const struct db_column user_set_state_params[] = {
	{ .name = "role", .kind = KIND_ENUM, .offset = offsetof(struct user_set_state, role), .words = &user_role_vocabulary },
	{ .name = "disabled", .kind = KIND_BOOL, .offset = offsetof(struct user_set_state, disabled) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_set_state, id) },
};

const struct db_statement user_set_state_statement = {
	.name = "user_set_state",
	.sql =
		"update users\n"
		"set role = $1::text,\n"
		"    disabled_at = case when $2::boolean then coalesce(disabled_at, now()) end,\n"
		"    updated_at = now()\n"
		"where id = $3::uuid",
	.params = user_set_state_params,
	.param_count = 3,
	.write = true,
};

enum err user_set_state(struct db *db, const struct user_set_state *in, int64_t *affected)
{
	return db_exec(db, &user_set_state_statement, in, affected);
}

static const struct db_column user_admins_lock_columns[] = {
	{ .name = "held", .kind = KIND_STR, .offset = offsetof(struct admins_lock_row, held) },
};

const struct db_statement user_admins_lock_statement = {
	.name = "user_admins_lock",
	.sql =
		"select coalesce(pg_advisory_xact_lock(7270436)::text, '') as held",
	.columns = user_admins_lock_columns,
	.column_count = 1,
	.row_size = sizeof(struct admins_lock_row),
	.write = false,
};

enum err user_admins_lock(struct db *db, struct admins_lock_row *row)
{
	return db_one(db, &user_admins_lock_statement, NULL, row);
}

static const struct db_column user_other_admin_params[] = {
	{ .name = "confirmed", .kind = KIND_BOOL, .offset = offsetof(struct user_other_admin, confirmed) },
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_other_admin, id) },
};

static const struct db_column user_other_admin_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct other_admin_row, id) },
};

const struct db_statement user_other_admin_statement = {
	.name = "user_other_admin",
	.sql =
		"select id\n"
		"from users\n"
		"where role = 'admin'\n"
		"  and disabled_at is null\n"
		"  and (verified_at is not null or not $1::boolean)\n"
		"  and id <> $2::uuid\n"
		"limit 1",
	.params = user_other_admin_params,
	.param_count = 2,
	.columns = user_other_admin_columns,
	.column_count = 1,
	.row_size = sizeof(struct other_admin_row),
	.write = false,
};

enum err user_other_admin(struct db *db, const struct user_other_admin *in, struct other_admin_row *row)
{
	return db_one(db, &user_other_admin_statement, in, row);
}

static const struct db_column user_bump_params[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct user_bump, id) },
};

static const struct db_column user_bump_columns[] = {
	{ .name = "id", .kind = KIND_UUID, .offset = offsetof(struct bumped_user_row, id) },
	{ .name = "token_version", .kind = KIND_I32, .offset = offsetof(struct bumped_user_row, token_version) },
};

const struct db_statement user_bump_statement = {
	.name = "user_bump",
	.sql =
		"update users\n"
		"set token_version = token_version + 1\n"
		"where id = $1::uuid\n"
		"returning id, token_version",
	.params = user_bump_params,
	.param_count = 1,
	.columns = user_bump_columns,
	.column_count = 2,
	.row_size = sizeof(struct bumped_user_row),
	.write = true,
};

enum err user_bump(struct db *db, const struct user_bump *in, struct bumped_user_row *row)
{
	return db_one(db, &user_bump_statement, in, row);
}
