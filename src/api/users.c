/* SPDX-License-Identifier: MIT */
/* Accounts: register, list, read, change, delete. */
#include "gen/users.h"
#include "api/audit.h"
#include "api/password_rule.h"
#include "api/revoke.h"
#include "http/email.h"

/* clang-format off */
SCHEMA(user, user_row,
	FIELD(user_row, id),
	FIELD(user_row, email, .format = FORMAT_EMAIL),
	FIELD(user_row, name),
	FIELD(user_row, created_at));
/* clang-format on */

static enum err unknown_user(struct req *r)
{
	struct str id = route_param(&r->match, "id");

	return problem(r, ERR_USER_NOT_FOUND, "user %s not found", id.p);
}

struct user_create_in {
	struct str email, name;
	struct secret password;
};
/* clang-format off */
SCHEMA(user_create, user_create_in,
	FIELD(user_create_in, email, .min = 1, .max_bytes = EMAIL_MAX, .format = FORMAT_EMAIL),
	FIELD(user_create_in, password, .min = PASSWORD_CHARS_MIN, .max_bytes = PASSWORD_BYTES_MAX,
	      .doc = "Any Unicode; compared after NFC normalisation"),
	FIELD(user_create_in, name, .min = 1, .max = USER_NAME_MAX, .format = FORMAT_TEXT));
/* clang-format on */

enum err user_create(struct req *r, const struct user_create_in *in)
{
	struct user_insert row = { .email = in->email, .name = in->name, .role = STR("user") };
	struct user_row *user = arena_new(r->arena, struct user_row);
	char id[UUID_TEXT];

	email_key(in->email, r->arena, &row.email_key);
	TRY(password_new(r, "/password", in->password, in->email, in->name, &row.password));
	/* Lists go by id: it is made when the user is, not when the wait for the hash began. */
	row.id = user_id_new();
	TRY(user_insert(r->db, &row, user));
	header_add(r->reply, "Location",
		   arena_printf(r->arena, "/api/v1/users/%s", uuid_format(user->id.uuid, id).p));
	return reply(r, user);
}

struct user_list_in {
	int32_t limit, offset;
	struct user_id after;
};
/* clang-format off */
SCHEMA(user_list, user_list_in,
	FIELD(user_list_in, limit, .optional = true, .preset = 20, .min = 1, .max = 100),
	FIELD(user_list_in, offset, .optional = true, .max = INT32_MAX,
	      .doc = "Skips that many; slow when large, follow Link rel=next instead"),
	FIELD(user_list_in, after, .optional = true,
	      .doc = "Continues behind this user, as Link rel=next does"));
/* clang-format on */

/* RFC 8288. A full page is followed by another one, which may turn out empty. */
static void link_next(struct req *r, const struct user_list_in *in, const struct user_rows *page)
{
	char id[UUID_TEXT];

	if (page->n < (size_t)in->limit)
		return;
	header_add(r->reply, "Link",
		   arena_printf(r->arena, "</api/v1/users?limit=%d&after=%s>; rel=\"next\"",
				in->limit, uuid_format(page->v[page->n - 1].id.uuid, id).p));
}

enum err user_list(struct req *r, const struct user_list_in *in)
{
	struct user_page page = { .limit = in->limit, .offset = in->offset };
	struct user_page_after after = { .limit = in->limit, .after = in->after };
	struct user_rows users = { 0 };

	if (uuid_none(in->after.uuid))
		TRY(user_page(r->db, &page, &users));
	else if (in->offset > 0)
		return fault(r, "/offset", "offset cannot be used together with after");
	else
		TRY(user_page_after(r->db, &after, &users));
	link_next(r, in, &users);
	return reply_list(r, users.v, users.n);
}

struct user_get_in {
	struct user_id id;
};
SCHEMA(user_get, user_get_in, FIELD(user_get_in, id));

enum err user_get(struct req *r, const struct user_get_in *in)
{
	struct user_by_id key = { .id = in->id };
	struct user_row user = { 0 };
	enum err e = user_by_id(r->db, &key, &user);

	if (e == ERR_NO_ROW)
		return unknown_user(r);
	TRY(e);
	return reply(r, &user);
}

struct user_put_in {
	struct user_id id;
	struct str email, name;
};
/* clang-format off */
SCHEMA(user_put, user_put_in,
	FIELD(user_put_in, id),
	FIELD(user_put_in, email, .min = 1, .max_bytes = EMAIL_MAX, .format = FORMAT_EMAIL),
	FIELD(user_put_in, name, .min = 1, .max = USER_NAME_MAX, .format = FORMAT_TEXT));
/* clang-format on */

enum err user_put(struct req *r, const struct user_put_in *in)
{
	struct user_update row = { .id = in->id, .email = in->email, .name = in->name };
	struct user_row user = { 0 };

	email_key(in->email, r->arena, &row.email_key);

	enum err e = user_update(r->db, &row, &user);

	if (e == ERR_NO_ROW)
		return unknown_user(r);
	TRY(e);
	return reply(r, &user);
}

struct user_remove_in {
	struct user_id id;
};
SCHEMA(user_remove, user_remove_in, FIELD(user_remove_in, id));

enum err user_remove(struct req *r, const struct user_remove_in *in)
{
	struct user_delete key = { .id = in->id, .request_id = r->request_id };
	struct user_deleted_by again = { .id = in->id, .request_id = r->request_id };
	struct deleted_user_row row = { 0 };
	int64_t deleted = 0;

	struct audit_note note = { .action = "user.delete", .subject = in->id };

	TRY(db_begin(r->db));
	TRY(user_delete(r->db, &key, &deleted));
	if (deleted > 0) {
		TRY(revoke_user(r, in->id));
		TRY(audit_note(r, &note));
		return reply(r, NULL);
	}

	/* nginx repeats a DELETE whose worker died; by then it may have been done. */
	enum err e = user_deleted_by(r->db, &again, &row);

	if (e == ERR_NO_ROW)
		return unknown_user(r);
	TRY(e);
	return reply(r, NULL);
}
