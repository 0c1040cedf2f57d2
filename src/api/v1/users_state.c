/* SPDX-License-Identifier: MIT */
/* Decisions of admins about a user: the role, and whether the account may be used. */
#include "api/call.h"
#include "core/account.h"

/* clang-format off */
SCHEMA(user_state, locked_user_row,
	FIELD(locked_user_row, id),
	FIELD(locked_user_row, email, .format = FORMAT_EMAIL),
	FIELD(locked_user_row, name),
	FIELD(locked_user_row, role),
	FIELD(locked_user_row, disabled),
	FIELD(locked_user_row, verified, .doc = "Whether the address was confirmed"),
	FIELD(locked_user_row, created_at));
/* clang-format on */

struct user_patch_in {
	struct account_state what;
};
/* clang-format off */
SCHEMA(user_patch, user_patch_in,
	FIELD_AS("id", user_patch_in, what.id),
	FIELD_AS("role", user_patch_in, what.role, .optional = true),
	FIELD_AS("disabled", user_patch_in, what.disabled, .optional = true,
	      GIVEN(user_patch_in, what.disabled_given),
	      .doc = "A disabled user cannot sign in; its sessions have ended"));
/* clang-format on */

enum err user_patch(struct req *r, const struct user_patch_in *in)
{
	struct locked_user_row user = { 0 };

	TRY(account_set_state(r, &in->what, &user));
	return reply(r, &user);
}
