/* SPDX-License-Identifier: MIT */
/* The links in mails: opening one, and what its button does. */
#include "core/account.h"
#include "api/call.h"
#include "api/page/page.h"
#include "core/address_change.h"
#include "core/password_rule.h"
#include "core/recovery.h"
#include "core/sign_in.h"
#include "core/verification.h"

/* clang-format off */
#define TOKEN(type, at) FIELD_AS("token", type, at, .min = 1, .max = 1024)
#define PASSWORD(type, at, ...)                                                                    \
	FIELD_AS("password", type, at, .min = 1, .max_bytes = PASSWORD_BYTES_MAX, __VA_ARGS__)
/* clang-format on */

/* A link without a token is told so by its page. */
#define OPEN(name, KIND)                                                                           \
	struct name##_open_in {                                                                    \
		struct str token;                                                                  \
	};                                                                                         \
	SCHEMA(name##_open, name##_open_in,                                                        \
	       FIELD(name##_open_in, token, .optional = true, .max = 1024));                       \
                                                                                                   \
	enum err name##_open(struct req *r, const struct name##_open_in *in)                       \
	{                                                                                          \
		return reply(r, &(struct page){ .kind = PROOF_KIND_##KIND, .token = in->token });  \
	}

OPEN(account_verify, VERIFY)
OPEN(account_reset, RESET)
OPEN(account_unlock, UNLOCK)
OPEN(account_email_old, EMAIL_OLD)
OPEN(account_email_new, EMAIL_NEW)
OPEN(account_email_undo, EMAIL_UNDO)

/* The page of what has come of it: reloading that does nothing a second time. */
static enum err see_done(struct req *r, enum proof_kind kind)
{
	return reply_see(r, "/account/done?of=%s", proof_kind_word(kind).p);
}

struct account_verify_in {
	struct verification what;
};
/* clang-format off */
SCHEMA(account_verify, account_verify_in,
	TOKEN(account_verify_in, what.given.token),
	PASSWORD(account_verify_in, what.password, .optional = true),
	FIELD_AS("new_password", account_verify_in, what.new_password, .optional = true, ACCOUNT_PASSWORD));
/* clang-format on */

enum err account_verify(struct req *r, const struct account_verify_in *in)
{
	TRY(verification_confirm(r, &in->what));
	return see_done(r, PROOF_KIND_VERIFY);
}

struct account_reset_in {
	struct recovery_reset what;
};
/* clang-format off */
SCHEMA(account_reset, account_reset_in,
	TOKEN(account_reset_in, what.given.token),
	FIELD_AS("password", account_reset_in, what.password, ACCOUNT_PASSWORD));
/* clang-format on */

enum err account_reset(struct req *r, const struct account_reset_in *in)
{
	TRY(recovery_reset(r, &in->what));
	return see_done(r, PROOF_KIND_RESET);
}

struct account_unlock_in {
	struct sign_in how;
};
/* clang-format off */
SCHEMA(account_unlock, account_unlock_in,
	TOKEN(account_unlock_in, how.proof.token),
	FIELD_AS("email", account_unlock_in, how.email, .min = 1, .max_bytes = 1024),
	PASSWORD(account_unlock_in, how.password));
/* clang-format on */

/* The session was only for unlocking, and ends before anybody sees it. */
enum err account_unlock(struct req *r, const struct account_unlock_in *in)
{
	struct signed_in out = { 0 };
	bool known = false;

	TRY(sign_in(r, &in->how, &out));
	TRY(session_end_of(r, (struct str_list){ &out.tokens.refresh, 1 }, &known));
	return see_done(r, PROOF_KIND_UNLOCK);
}

static enum err confirm(struct req *r, enum proof_kind kind, struct str token,
			struct secret password)
{
	struct address_confirmed out = { 0 };

	TRY(address_change_confirm(r, &(struct proof_given){ .token = token }, password, &out));
	return out.done ? see_done(r, kind)
			: reply_see(r, "/account/done?of=%s&left=true", proof_kind_word(kind).p);
}

struct account_email_old_in {
	struct str token;
};
SCHEMA(account_email_old, account_email_old_in, TOKEN(account_email_old_in, token));

enum err account_email_old(struct req *r, const struct account_email_old_in *in)
{
	return confirm(r, PROOF_KIND_EMAIL_OLD, in->token, (struct secret){ 0 });
}

struct account_email_new_in {
	struct str token;
	struct secret password;
};
SCHEMA(account_email_new, account_email_new_in, TOKEN(account_email_new_in, token),
       PASSWORD(account_email_new_in, password));

/* The password shows that the account is the reader's too. */
enum err account_email_new(struct req *r, const struct account_email_new_in *in)
{
	return confirm(r, PROOF_KIND_EMAIL_NEW, in->token, in->password);
}

struct account_email_undo_in {
	struct str token;
};
SCHEMA(account_email_undo, account_email_undo_in, TOKEN(account_email_undo_in, token));

enum err account_email_undo(struct req *r, const struct account_email_undo_in *in)
{
	TRY(address_change_undo(r, in->token));
	return see_done(r, PROOF_KIND_EMAIL_UNDO);
}

struct account_done_in {
	enum proof_kind of;
	bool left;
};
SCHEMA(account_done, account_done_in, FIELD(account_done_in, of),
       FIELD(account_done_in, left, .optional = true));

enum err account_done(struct req *r, const struct account_done_in *in)
{
	static const enum text done[] = {
		[PROOF_KIND_VERIFY] = TEXT_VERIFY_DONE,
		[PROOF_KIND_RESET] = TEXT_RESET_DONE,
		[PROOF_KIND_UNLOCK] = TEXT_UNLOCK_DONE,
		[PROOF_KIND_EMAIL_OLD] = TEXT_EMAIL_DONE,
		[PROOF_KIND_EMAIL_NEW] = TEXT_EMAIL_DONE,
		[PROOF_KIND_EMAIL_UNDO] = TEXT_EMAIL_UNDO_DONE,
	};

	return reply(r, &(struct page){ .kind = in->of,
					.done = in->left ? TEXT_EMAIL_LEFT : done[in->of] });
}
