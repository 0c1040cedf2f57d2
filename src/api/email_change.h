/* SPDX-License-Identifier: MIT */
#pragma once

#include "api/req.h"
#include "gen/users.h"

/*
 * An admin has given a user another address, in the request's transaction: nothing that the old one
 * has confirmed, or could undo, holds any more, and its owner is told.
 */
enum err email_change_forced(struct req *r, const struct user_before_row *before,
			     struct str new_email);

/* What the audit log says of it. */
struct str email_change_detail(struct req *r, struct str from, struct str to);
